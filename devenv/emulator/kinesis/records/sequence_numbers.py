"""Sequence numbers as AWS makes them: 56 digits, growing within a shard, unique in a stream.

A number packs, from the highest bits: a mark, when the shard was created (s), a digit of the
shard's number, the position in the shard, when the record arrived (s), the shard's number, a
version. So a number says by itself where its record is.
"""

from dataclasses import dataclass

MARK = 2
VERSION = 2
END_POSITION = 2**63 - 1
"""The position in a closed shard's `EndingSequenceNumber`."""


@dataclass(frozen=True)
class SequenceNumber:
    """One number, unpacked. `position` counts a shard's records from 1; 0 is its beginning."""

    shard: int
    shard_created: int
    position: int
    arrived: int
    """Seconds since the epoch."""

    def __str__(self) -> str:
        return text(prefix(self.shard, self.shard_created), self.position, self.arrived)


def prefix(shard: int, shard_created: int) -> int:
    """What all numbers of a shard have in common: see `text`."""
    return MARK << 184 | shard_created << 148 | (shard & 0xF) << 144 | shard << 4 | VERSION


def text(prefix: int, position: int, arrived: int) -> str:
    """The number of a record in a shard with `prefix`; `arrived` in seconds."""
    return str(prefix | position << 80 | arrived << 36)


def parse(text: str) -> SequenceNumber | None:
    """The unpacked number; None if it's none that `str` above can have made."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 129:
        return None
    number = int(text)
    found = SequenceNumber(
        shard=number >> 4 & 0xFFFFFFFF,
        shard_created=number >> 148 & 0xFFFFFFFFF,
        position=number >> 80 & 0xFFFFFFFFFFFFFFFF,
        arrived=number >> 36 & 0xFFFFFFFFF,
    )
    return found if str(found) == text else None
