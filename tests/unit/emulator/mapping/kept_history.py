"""A history that tests look into: entries as they are told, and entries of the test's own."""

from dataclasses import dataclass, field
from typing import Any

from devenv.emulator.kinesis.records import sequence_numbers
from devenv.emulator.mapping.history.entries import (
    Attempt,
    Entry,
    Kind,
    Place,
    Result,
    Span,
    State,
    Then,
)
from devenv.emulator.mapping.history.recorder import LaneRecorder
from devenv.emulator.mapping.history.recording import Recording
from devenv.emulator.mapping.lane import Lane

PREFIX = sequence_numbers.prefix(0, 1_795_000_000)
PLACE = Place(
    mapping="uuid",
    function="arn:aws:lambda:us-east-1:000000000000:function:f",
    source="arn:aws:kinesis:us-east-1:000000000000:stream/s",
    stream=1,
    shard="shardId-000000000000",
)


@dataclass
class Kept:
    """Takes entries as the journal does, and keeps the newest of each."""

    room: bool = True
    destination: str | None = None
    entries: dict[int, Entry] = field(default_factory=dict)
    refused: int = 0

    def next_id(self) -> int:
        return len(self.entries) + 1

    def begin(self, entry: Entry) -> bool:
        if not self.room:
            self.refused += 1
            return False
        self.entries[entry.id] = entry
        return True

    def update(self, entry: Entry) -> None:
        assert entry.id in self.entries
        self.entries[entry.id] = entry

    def recorder(self, shard_id: str, lane: Lane) -> LaneRecorder:
        return Recording(PLACE, self.destination, self)

    @property
    def only(self) -> Entry:
        (entry,) = self.entries.values()
        return entry


def number(position: int) -> str:
    """A record's sequence number."""
    return sequence_numbers.text(PREFIX, position, 1_795_000_000)


def span(first: int, last: int) -> Span:
    return Span(number(first), number(last), last - first + 1)


def attempt(number: int = 1, **changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "parent": None,
        "began": 1000 + number,
        "duration_ms": 1.5,
        "span": span(1, 3),
        "result": Result.OK,
        "then": Then.DONE,
        **changes,
    }
    return Attempt(number=number, **values)


def failure(number: int = 1, **changes: Any) -> Attempt:
    values = {"result": Result.ERROR, "then": Then.RETRY, "error": "no", **changes}
    return attempt(number, **values)


def entry(id: int, *attempts: Attempt, place: Place = PLACE, **changes: Any) -> Entry:
    """One that is done, unless told."""
    values: dict[str, Any] = {
        "kind": Kind.BATCH,
        "span": span(1, 3),
        "began": id * 1000,
        "ended": id * 1000 + 500,
        "state": State.DONE,
        "checkpoint_before": 0,
        "checkpoint_after": 3,
        **changes,
    }
    made = Entry(id=id, place=place, **values)
    for each in attempts or (attempt(),):
        made = made.with_attempt(each)
    return made
