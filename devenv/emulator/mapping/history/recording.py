"""A lane's recorder that makes entries of what it is told, and hands each one on as it grows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from devenv.emulator.mapping.events import Record
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
from devenv.emulator.mapping.invocation import Answered
from devenv.emulator.mapping.outcomes import Failed, NotRun, Outcome, PartlyFailed, Succeeded
from devenv.emulator.mapping.retries import EXHAUSTED, TOO_OLD, Part, Step

RESPONSE_KEPT = 1000
"""Bytes of an answer that are kept."""

TIMED_OUT = "Sandbox.Timedout"
THROTTLED = "TooManyRequestsException"
DENIED = "AccessDenied"


class Taker(Protocol):
    """Takes entries; never waits. See `journal.Journal`."""

    def next_id(self) -> int: ...

    def begin(self, entry: Entry) -> bool:
        """Take a new entry, if there's room for it."""
        ...

    def update(self, entry: Entry) -> None:
        """Take what has become of an entry that was taken before."""
        ...


@dataclass
class _Open:
    """An entry that isn't finished."""

    entry: Entry
    kept: bool
    """Whether there was room for it."""
    path: list[tuple[int, int, int]]
    """Number, first and last position of the attempt that was made last, below those that it is a
    part of."""


@dataclass
class _Call:
    began: float
    began_exactly: float
    seconds: float | None = None
    answer: Answered | NotRun | None = None


class Recording:
    """The recorder of one lane."""

    def __init__(
        self,
        place: Place,
        destination: str | None,
        taker: Taker,
        clock: Callable[[], float] = time.time,
        exactly: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._place, self._destination, self._taker = place, destination, taker
        self._clock, self._exactly = clock, exactly
        self._open: list[_Open] = []
        """A window that ends early does so within a batch."""
        self._call: _Call | None = None

    def batch(self, records: Sequence[Record], checkpoint: int) -> None:
        self._begin(Kind.BATCH, span_of(records), checkpoint)

    def window_end(self, checkpoint: int) -> None:
        self._begin(Kind.WINDOW_END, None, checkpoint)

    def invoking(self) -> None:
        self._call = _Call(self._clock(), self._exactly())

    def answered(self, answer: Answered | NotRun) -> None:
        if self._call is not None:
            self._call.seconds, self._call.answer = (
                self._exactly() - self._call.began_exactly,
                answer,
            )

    def tried(self, part: Part, outcome: Outcome, step: Step, sent: bool | None) -> None:
        call, self._call = self._call, None
        answer = call.answer if call else None
        result, error_type, error = _result(outcome)
        ran = answer if isinstance(answer, Answered) else None
        number, parent = self._place_in_tree(part.records)
        self._add(
            Attempt(
                number=number,
                parent=parent,
                began=int((call.began if call else self._clock()) * 1000),
                duration_ms=round(call.seconds * 1000, 3) if call and call.seconds else None,
                span=span_of(part.records),
                request_id=ran.request_id if ran else None,
                version=ran.version if ran else None,
                result=result,
                error_type=error_type,
                error=error,
                done=step.done,
                then=_then(step),
                backoff=step.backoff,
                parts=tuple(len(piece.records) for piece in step.retry),
                discarded=len(step.discarded.records) if step.discarded else 0,
                condition=EXHAUSTED if step.discarded else None,
                destination=self._destination if sent is not None else None,
                sent=sent,
                response=_beginning(ran.payload) if ran else None,
            ),
        )

    def expired(self, part: Part, sent: bool | None) -> None:
        number, parent = self._place_in_tree(part.records)
        self._add(
            Attempt(
                number=number,
                parent=parent,
                began=int(self._clock() * 1000),
                duration_ms=None,
                span=span_of(part.records),
                result=Result.EXPIRED,
                then=Then.DISCARDED,
                discarded=len(part.records),
                condition=TOO_OLD,
                destination=self._destination if sent is not None else None,
                sent=sent,
            ),
        )

    def done(self, checkpoint: int) -> None:
        self._end(State.DONE, checkpoint)

    def refused(self, why: str, checkpoint: int) -> None:
        if not why:
            self._end(State.DONE, checkpoint)
            return
        self._begin(Kind.READ_REFUSED, None, checkpoint)
        self._add(
            Attempt(
                number=1,
                parent=None,
                began=int(self._clock() * 1000),
                duration_ms=None,
                span=None,
                result=Result.ROLE_REFUSED,
                error=why,
                then=Then.WAIT,
            ),
        )

    def close(self) -> None:
        while self._open:
            self._end(State.STOPPED, None)

    def _begin(self, kind: Kind, span: Span | None, checkpoint: int) -> None:
        entry = Entry(
            id=self._taker.next_id(),
            place=self._place,
            kind=kind,
            span=span,
            began=int(self._clock() * 1000),
            checkpoint_before=checkpoint,
        )
        self._open.append(_Open(entry, self._taker.begin(entry), []))

    def _place_in_tree(self, records: Sequence[Record]) -> tuple[int, int | None]:
        """An attempt's number, and the one that it follows from: the last one whose records hold
        all of its own, since parts are tried from the front, each until nothing is left of it."""
        if not self._open:
            return 1, None
        found, path = self._open[-1], self._open[-1].path
        first = records[0].position if records else 0
        last = records[-1].position if records else 0
        while path and not path[-1][1] <= first <= last <= path[-1][2]:
            path.pop()
        parent = path[-1][0] if path else None
        number = found.entry.attempts_made + 1
        path.append((number, first, last))
        return number, parent

    def _add(self, attempt: Attempt) -> None:
        if self._open:
            found = self._open[-1]
            found.entry = found.entry.with_attempt(attempt)
            self._tell(found)

    def _end(self, state: State, checkpoint: int | None) -> None:
        if not self._open:
            return
        found = self._open.pop()
        found.entry = replace(
            found.entry,
            state=state,
            ended=int(self._clock() * 1000),
            checkpoint_after=checkpoint,
        )
        self._tell(found)

    def _tell(self, found: _Open) -> None:
        if found.kept:
            self._taker.update(found.entry)


def span_of(records: Sequence[Record]) -> Span | None:
    if not records:
        return None
    return Span(records[0].sequence_number, records[-1].sequence_number, len(records))


def _result(outcome: Outcome) -> tuple[Result, str | None, str | None]:
    """With the error's type and message."""
    match outcome:
        case Succeeded():
            return Result.OK, None, None
        case PartlyFailed(reason=reason):
            return Result.PARTIAL, None, reason
        case NotRun(reason=reason):
            code, _, words = reason.partition(": ")
            denied = Result.ROLE_REFUSED if code.startswith(DENIED) else Result.NOT_RUN
            return (Result.THROTTLED if code == THROTTLED else denied), code, words
        case Failed(reason=reason, error_type=kind):
            result = Result.TIMEOUT if kind == TIMED_OUT else Result.ERROR
            return result, kind, reason.removeprefix(f"{kind}: ") if kind else reason


def _then(step: Step) -> Then:
    if step.discarded:
        return Then.DISCARDED
    if len(step.retry) > 1:
        return Then.SPLIT
    return Then.RETRY if step.retry else Then.DONE


def _beginning(payload: bytes) -> str:
    return payload[:RESPONSE_KEPT].decode("utf-8", "replace")
