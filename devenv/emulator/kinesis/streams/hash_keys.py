"""Hash keys: which shard a record belongs to, and how a stream's range is shared out."""

import hashlib
from dataclasses import dataclass

MAX_HASH_KEY = 2**128 - 1


@dataclass(frozen=True)
class HashKeyRange:
    """From `start` to `end`, both included."""

    start: int
    end: int

    def __contains__(self, key: int) -> bool:
        return self.start <= key <= self.end


def hash_key(partition_key: str) -> int:
    """MD5 of the key's UTF-8 bytes, as a 128-bit number."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


def even_ranges(count: int) -> list[HashKeyRange]:
    """The whole range in `count` parts as AWS cuts it: equal, the last one takes the rest."""
    width = (MAX_HASH_KEY + 1) // count
    starts = [number * width for number in range(count)]
    ends = [start - 1 for start in starts[1:]] + [MAX_HASH_KEY]
    return [HashKeyRange(start, end) for start, end in zip(starts, ends, strict=True)]
