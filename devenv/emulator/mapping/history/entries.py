"""What is known of a batch: where it was, and each attempt to deliver it, as a tree.

Times are milliseconds since the epoch. A position is a record's number in its shard.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    BATCH = "BATCH"
    WINDOW_END = "WINDOW_END"
    """The last invocation of a tumbling window, which has its state and no records."""
    READ_REFUSED = "READ_REFUSED"
    """A time in which the function's role was not allowed to read the stream."""


class State(StrEnum):
    UNDER_WAY = "UNDER_WAY"
    DONE = "DONE"
    STOPPED = "STOPPED"
    """The mapping was changed, disabled or deleted before the end: what is left comes again."""
    INTERRUPTED = "INTERRUPTED"
    """The emulator ended, or was killed, before the end: what is left comes again."""


class Result(StrEnum):
    """What came of one attempt."""

    OK = "OK"
    PARTIAL = "PARTIAL"
    """The function named a record that failed."""
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    THROTTLED = "THROTTLED"
    NOT_RUN = "NOT_RUN"
    """The function wasn't ready, or is gone."""
    ROLE_REFUSED = "ROLE_REFUSED"
    EXPIRED = "EXPIRED"
    """No attempt: records were too old to be tried (again)."""


class Then(StrEnum):
    """What followed from it."""

    DONE = "DONE"
    RETRY = "RETRY"
    SPLIT = "SPLIT"
    DISCARDED = "DISCARDED"
    WAIT = "WAIT"
    """Until the role may read."""


@dataclass(frozen=True)
class Span:
    """Records that lie together in a shard."""

    first: str
    """Sequence number."""
    last: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One node of a batch's tree."""

    number: int
    """From 1, in the order of the attempts."""
    parent: int | None
    """The attempt of which this is a retry or a part; None for the whole batch's first."""
    began: int
    duration_ms: float | None
    """Until the answer was there; None if the function wasn't called."""
    span: Span | None
    request_id: str | None = None
    version: str | None = None
    result: Result
    error_type: str | None = None
    error: str | None = None
    done: int = 0
    """How many of its records are done with, from the first on."""
    then: Then
    backoff: float = 0.0
    """Seconds until what is left is tried again."""
    parts: tuple[int, ...] = ()
    """How many records each part that is tried next has."""
    discarded: int = 0
    condition: str | None = None
    destination: str | None = None
    """ARN; None if nothing was discarded, or nobody is told."""
    sent: bool | None = None
    """Whether the destination took the message."""
    response: str | None = None
    """The beginning of what the function answered."""

    @property
    def failed(self) -> bool:
        return self.result is not Result.OK

    def shown(self) -> dict[str, Any]:
        """As the page has it."""
        found = {name: getattr(self, name) for name in SHOWN_OF_ATTEMPT}
        return {**found, **_shown_span(self.span)}


SHOWN_OF_ATTEMPT = tuple(name for name in Attempt.__dataclass_fields__ if name != "span")


@dataclass(frozen=True)
class Place:
    """Whose batches they are: a lane of a mapping."""

    mapping: str
    """The mapping's UUID, which a restart changes."""
    function: str
    """ARN, with the version or alias if the mapping names one."""
    source: str
    """The stream's or the consumer's ARN."""
    stream: int
    """The stream's id in the emulator, which one made anew under its name doesn't share."""
    shard: str
    lane: int = 0
    lanes: int = 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One batch, so far."""

    id: int
    place: Place
    kind: Kind
    span: Span | None
    began: int
    ended: int | None = None
    state: State = State.UNDER_WAY
    checkpoint_before: int
    checkpoint_after: int | None = None
    attempts_made: int = 0
    failed: bool = False
    """Whether an attempt did."""
    discarded: int = 0
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    """Of more than ATTEMPTS_KEPT those in the middle are left out."""

    def with_attempt(self, attempt: Attempt) -> "Entry":
        attempts = (*self.attempts, attempt)
        if len(attempts) > ATTEMPTS_KEPT:
            middle = ATTEMPTS_KEPT // 2
            attempts = attempts[:middle] + attempts[middle + 1 :]
        return replace(
            self,
            attempts_made=attempt.number,
            attempts=attempts,
            failed=self.failed or attempt.failed,
            discarded=self.discarded + attempt.discarded,
        )

    def shown(self) -> dict[str, Any]:
        """As the page has it."""
        place = self.place
        return {
            "id": self.id,
            "mapping": place.mapping,
            "function": place.function,
            "source": place.source,
            "shard": place.shard,
            "lane": place.lane,
            "lanes": place.lanes,
            "kind": self.kind,
            "state": self.state,
            "began": self.began,
            "ended": self.ended,
            **_shown_span(self.span),
            "checkpoint_before": self.checkpoint_before,
            "checkpoint_after": self.checkpoint_after,
            "failed": self.failed,
            "discarded": self.discarded,
            "attempts_made": self.attempts_made,
            "attempts": [attempt.shown() for attempt in self.attempts],
        }


ATTEMPTS_KEPT = 200
"""Of one batch: its first hundred and its last hundred."""


def _shown_span(span: Span | None) -> dict[str, Any]:
    return {
        "first_sequence_number": span.first if span else None,
        "last_sequence_number": span.last if span else None,
        "count": span.count if span else 0,
    }
