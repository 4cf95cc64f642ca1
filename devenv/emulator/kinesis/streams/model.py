"""The nouns: a stream, its shards and its consumers, as they are stored and passed around.

What happens at a moment (a split, a creation) is written with the time from which it holds, so
that a configured delay needs no timers: CREATING and UPDATING are what the clock says.
Times are seconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.emulator.kinesis.records.sequence_numbers import END_POSITION, SequenceNumber
from devenv.emulator.kinesis.streams.hash_keys import HashKeyRange


@dataclass(frozen=True)
class Shard:
    """A range of hash keys and the records put into it. `key` is where its records are stored."""

    number: int
    key: int
    range: HashKeyRange
    created: int
    """Whole seconds, part of its sequence numbers; later than its parents'."""
    opens: float
    closes: float | None = None
    parent: int | None = None
    adjacent_parent: int | None = None

    @property
    def id(self) -> str:
        return shard_id(self.number)

    def exists(self, now: float) -> bool:
        return self.opens <= now

    def is_closed(self, now: float) -> bool:
        return self.closes is not None and self.closes <= now

    def is_open(self, now: float) -> bool:
        return self.exists(now) and not self.is_closed(now)

    @property
    def start(self) -> str:
        """The sequence number at its beginning."""
        return str(SequenceNumber(self.number, self.created, 0, self.created))

    @property
    def end(self) -> str:
        """The sequence number after all of a closed shard's."""
        return str(SequenceNumber(self.number, self.created, END_POSITION, int(self.closes or 0)))


def shard_id(number: int) -> str:
    return f"shardId-{number:012}"


@dataclass(frozen=True)
class Consumer:
    name: str
    created: int
    active_from: float
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None


@dataclass(frozen=True)
class Stream:
    """All of a stream but its records."""

    id: int
    account: str
    region: str
    name: str
    created: float
    shards: tuple[Shard, ...]
    mode: str
    status: str = "CREATING"
    """What it is until `settled`; ACTIVE from then on."""
    settled: float = 0.0
    retention_hours: int = 24
    max_record_kib: int = 1024
    warm_mibps: int | None = None
    encryption: str = "NONE"
    key_id: str | None = None
    metrics: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None
    consumers: tuple[Consumer, ...] = ()
    rescaled: tuple[float, ...] = ()
    """When `UpdateShardCount` was called in the last day."""

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesis:{self.region}:{self.account}:stream/{self.name}"

    def consumer_arn(self, consumer: Consumer) -> str:
        return f"{self.arn}/consumer/{consumer.name}:{consumer.created}"

    def status_at(self, now: float) -> str:
        return self.status if self.status == "DELETING" or now < self.settled else "ACTIVE"

    def visible_shards(self, now: float) -> list[Shard]:
        """Shards that there are: none while CREATING, no children while UPDATING."""
        return [shard for shard in self.shards if shard.exists(now)]

    def open_shards(self, now: float) -> list[Shard]:
        return [shard for shard in self.shards if shard.is_open(now)]

    def shard(self, number: int) -> Shard | None:
        return self.shards[number] if number < len(self.shards) else None


def to_document(stream: Stream) -> dict[str, Any]:
    """The stream as JSON can hold it."""
    document = dict(vars(stream))
    document["shards"] = [
        {**vars(shard), "range": [shard.range.start, shard.range.end]} for shard in stream.shards
    ]
    document["consumers"] = [dict(vars(consumer)) for consumer in stream.consumers]
    return document


def from_document(document: dict[str, Any]) -> Stream:
    """The stream that `to_document` was given."""
    shards = tuple(
        Shard(**{**shard, "range": HashKeyRange(*shard["range"])}) for shard in document["shards"]
    )
    return Stream(
        **{
            **document,
            "shards": shards,
            "consumers": tuple(Consumer(**consumer) for consumer in document["consumers"]),
            "metrics": tuple(document["metrics"]),
            "rescaled": tuple(document["rescaled"]),
        }
    )
