"""Entries and attempts as rows of the file, and back."""

from collections.abc import Sequence
from typing import Any

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

BATCH = (
    *("id", "owner", "uuid", "shard", "lane", "lanes", "kind", "first", "last", "count", "began"),
    *("ended", "state", "checkpoint_before", "checkpoint_after", "attempts_made", "failed"),
    "discarded",
)
CHANGING = ("ended", "state", "checkpoint_after", "attempts_made", "failed", "discarded")
OWNER = "function, source, stream"
ATTEMPT = (
    *("batch", "number", "parent", "began", "duration_ms", "first", "last", "count"),
    *("request_id", "version", "result", "error_type", "error", "done", "what_next", "backoff"),
    *("parts", "discarded", "condition", "destination", "sent", "response"),
)

WRITE_BATCH = (
    f"INSERT INTO batches ({', '.join(BATCH)}) VALUES ({', '.join('?' * len(BATCH))}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in CHANGING)}"
)
WRITE_ATTEMPT = (
    f"INSERT OR REPLACE INTO attempts ({', '.join(ATTEMPT)}) "
    f"VALUES ({', '.join('?' * len(ATTEMPT))})"
)
READ_ATTEMPTS = f"SELECT {', '.join(ATTEMPT)} FROM attempts WHERE batch = ? ORDER BY number"

type Row = Sequence[Any]


def batch_row(entry: Entry, owner: int) -> Row:
    place = entry.place
    return (
        *(entry.id, owner, place.mapping, place.shard, place.lane, place.lanes, entry.kind),
        *_columns(entry.span),
        *(entry.began, entry.ended, entry.state, entry.checkpoint_before, entry.checkpoint_after),
        *(entry.attempts_made, entry.failed, entry.discarded),
    )


def attempt_row(batch: int, attempt: Attempt) -> Row:
    return (
        *(batch, attempt.number, attempt.parent, attempt.began, attempt.duration_ms),
        *_columns(attempt.span),
        *(attempt.request_id, attempt.version, attempt.result, attempt.error_type, attempt.error),
        *(attempt.done, attempt.then, attempt.backoff, " ".join(map(str, attempt.parts))),
        *(attempt.discarded, attempt.condition, attempt.destination, attempt.sent),
        attempt.response,
    )


def entry(row: Row, attempts: Sequence[Row]) -> Entry:
    """From the columns of BATCH and OWNER, and of ATTEMPT."""
    found = dict(zip((*BATCH, *OWNER.split(", ")), row, strict=True))
    span = _span(found)
    place = ("function", "source", "stream", "shard", "lane", "lanes")
    return Entry(
        id=found["id"],
        place=Place(mapping=found["uuid"], **{name: found[name] for name in place}),
        kind=Kind(found["kind"]),
        span=span,
        state=State(found["state"]),
        failed=bool(found["failed"]),
        attempts=tuple(map(_attempt, attempts)),
        **{
            name: found[name]
            for name in ("began", "ended", "checkpoint_before", "checkpoint_after")
        },
        attempts_made=found["attempts_made"],
        discarded=found["discarded"],
    )


def _attempt(row: Row) -> Attempt:
    found = dict(zip(ATTEMPT, row, strict=True))
    span = _span(found)
    del found["batch"]
    found["then"], sent = Then(found.pop("what_next")), found.pop("sent")
    parts = tuple(map(int, found.pop("parts").split()))
    result = Result(found.pop("result"))
    return Attempt(
        span=span, result=result, parts=parts, sent=None if sent is None else bool(sent), **found
    )


def _columns(span: Span | None) -> Row:
    return (None, None, 0) if span is None else (span.first, span.last, span.count)


def _span(found: dict[str, Any]) -> Span | None:
    """Taken out of a row's columns."""
    first, last, count = found.pop("first"), found.pop("last"), found.pop("count")
    return None if first is None else Span(first, last, count)
