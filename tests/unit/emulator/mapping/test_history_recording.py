"""What a lane's batches look like afterwards: each attempt, what it follows from, what came of it.

Real delivery, of a stream on a file; the function is the test's.
"""

from typing import Any

import pytest
from fake_shard import ARN, options, records
from kept_history import Kept
from mapped_stream import ERROR, Event, MappedStream, failing_on, reporting, texts

from devenv.emulator.mapping.checkpoints import Checkpoint
from devenv.emulator.mapping.context import Stopped
from devenv.emulator.mapping.history.entries import (
    ATTEMPTS_KEPT,
    Attempt,
    Entry,
    Kind,
    Result,
    State,
    Then,
)
from devenv.emulator.mapping.invocation import Answered
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.lane_runner import LaneRunner
from devenv.emulator.mapping.outcomes import Failed, NotRun, Succeeded
from devenv.emulator.mapping.retries import Part, next_step

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


@pytest.fixture
def kept(mapped: MappedStream) -> Kept:
    kept = Kept()
    mapped.recorder = kept.recorder
    return kept


def tree(entry: Entry) -> list[tuple[int, int | None, int, Result, Then]]:
    """Number, parent, count, result and what followed, of each attempt."""
    return [
        (a.number, a.parent, a.span.count if a.span else 0, a.result, a.then)
        for a in entry.attempts
    ]


def records_of(attempt: Attempt, event: Event) -> None:
    """The attempt's span is the event's."""
    numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
    assert attempt.span is not None
    assert (attempt.span.first, attempt.span.last) == (numbers[0], numbers[-1])
    assert attempt.span.count == len(numbers)


def test_a_batch_that_succeeds_is_one_attempt(mapped: MappedStream, kept: Kept) -> None:
    mapped.put("a", "b")
    mapped.run(lambda _: {"predictions": 2})
    entry = kept.only
    assert (entry.kind, entry.state, entry.failed) == (Kind.BATCH, State.DONE, False)
    assert (entry.checkpoint_before, entry.checkpoint_after) == (0, 2)
    assert entry.ended is not None
    assert entry.ended >= entry.began > 0
    (only,) = entry.attempts
    records_of(only, mapped.events[0])
    assert entry.span == only.span
    assert (only.request_id, only.version) == ("request", "$LATEST")
    assert (only.result, only.then, only.done, only.parent) == (Result.OK, Then.DONE, 2, None)
    assert only.response == '{"predictions": 2}'
    assert only.duration_ms is not None
    assert only.duration_ms >= 0


def test_a_bisected_batch_is_a_tree(mapped: MappedStream, kept: Kept) -> None:
    mapped.put("a", "b", "poison", "c", "d")
    kept.destination = QUEUE
    mapped.run(failing_on("poison"), max_retries=1, bisect=True, destination=QUEUE)
    entry = kept.only
    assert tree(entry) == [
        (1, None, 5, Result.ERROR, Then.SPLIT),
        (2, 1, 3, Result.ERROR, Then.SPLIT),
        (3, 2, 2, Result.OK, Then.DONE),
        (4, 2, 1, Result.ERROR, Then.RETRY),
        (5, 4, 1, Result.ERROR, Then.DISCARDED),
        (6, 1, 2, Result.OK, Then.DONE),
    ]
    for attempt, event in zip(entry.attempts, mapped.events, strict=True):
        records_of(attempt, event)
    assert [attempt.parts for attempt in entry.attempts] == [(3, 2), (2, 1), (), (1,), (), ()]
    assert entry.attempts[3].backoff == 0.1
    last = entry.attempts[4]
    assert (last.discarded, last.condition, last.destination, last.sent) == (
        1,
        "RetryAttemptsExhausted",
        QUEUE,
        True,
    )
    assert (entry.failed, entry.discarded, entry.state) == (True, 1, State.DONE)


def test_a_partial_answer_is_followed_by_the_rest(mapped: MappedStream, kept: Kept) -> None:
    mapped.put("a", "b", "poison", "c")
    mapped.run(reporting("poison"), max_retries=1, partial=True)
    assert tree(kept.only) == [
        (1, None, 4, Result.PARTIAL, Then.RETRY),
        (2, 1, 2, Result.PARTIAL, Then.DISCARDED),
    ]
    first, second = kept.only.attempts
    assert (first.done, first.parts) == (2, (2,))
    assert first.error is not None
    assert first.error.startswith("reported ")
    assert (second.discarded, second.destination, second.sent) == (2, None, None)


@pytest.mark.parametrize(
    ("answer", "result", "error_type", "error"),
    [
        (ERROR, Result.ERROR, "ValueError", "ValueError"),
        (
            Answered("r", b'{"errorType": "KeyError", "errorMessage": "x"}', True, "1"),
            Result.ERROR,
            "KeyError",
            "x",
        ),
        (
            Answered("r", b'{"errorType": "Sandbox.Timedout", "errorMessage": "3 s"}', True, "1"),
            Result.TIMEOUT,
            "Sandbox.Timedout",
            "3 s",
        ),
        (
            NotRun("TooManyRequestsException: Rate exceeded"),
            Result.THROTTLED,
            "TooManyRequestsException",
            "Rate exceeded",
        ),
        (
            NotRun("AccessDeniedException: the role"),
            Result.ROLE_REFUSED,
            "AccessDeniedException",
            "the role",
        ),
        (
            NotRun("ResourceNotFoundException: gone"),
            Result.NOT_RUN,
            "ResourceNotFoundException",
            "gone",
        ),
    ],
)
def test_each_failure_has_its_name(
    mapped: MappedStream, kept: Kept, answer: Any, result: Result, error_type: str, error: str
) -> None:
    """And is followed by a retry here, which succeeds."""
    mapped.put("a")
    answers = iter([answer, None])
    mapped.run(lambda _: next(answers))
    first, second = kept.only.attempts
    assert (first.result, first.error_type, first.error) == (result, error_type, error)
    assert (second.result, second.parent) == (Result.OK, 1)
    ran = isinstance(answer, Answered)
    assert (first.request_id is not None) == ran
    assert (first.response is not None) == ran


def test_expired_records_are_a_node_without_an_attempt(mapped: MappedStream, kept: Kept) -> None:
    mapped.put("old")
    mapped.now += 30
    mapped.put("new")

    def function(event: Event) -> Any:
        mapped.now += 20
        return ERROR if "old" in texts(event) else None

    mapped.run(function, max_age=60)
    assert tree(kept.only) == [
        (1, None, 2, Result.ERROR, Then.RETRY),
        (2, 1, 2, Result.ERROR, Then.RETRY),
        (3, 2, 1, Result.EXPIRED, Then.DISCARDED),
        (4, 2, 1, Result.OK, Then.DONE),
    ]
    expired = kept.only.attempts[2]
    assert (expired.request_id, expired.duration_ms) == (None, None)
    assert (expired.condition, expired.discarded) == ("RecordAgeExceeded", 1)


def test_an_event_that_is_too_large_was_never_sent(mapped: MappedStream, kept: Kept) -> None:
    mapped.call("UpdateMaxRecordSize", StreamARN=ARN, MaxRecordSizeInKiB=10240)
    mapped.put("x" * 6 * 1024 * 1024)
    mapped.run()
    (only,) = kept.only.attempts
    assert (only.result, only.then, only.request_id) == (Result.ERROR, Then.DISCARDED, None)
    assert only.error is not None
    assert "over 6 MB" in only.error


def test_a_window_has_its_end_as_an_entry(mapped: MappedStream, kept: Kept) -> None:
    mapped.now = 1_795_000_020.0
    mapped.put("a")
    mapped.run(lambda _: {"state": {}}, tumbling_window=60)
    kinds = [(e.kind, e.state, e.attempts_made) for e in kept.entries.values()]
    assert kinds == [(Kind.BATCH, State.DONE, 1), (Kind.WINDOW_END, State.DONE, 1)]


def test_a_window_that_ends_early_does_so_beside_its_batch(
    mapped: MappedStream, kept: Kept
) -> None:
    mapped.put("a", "b")
    mapped.run(
        lambda event: {"state": {"much": "x" * 2**20} if "a" in texts(event) else {}},
        tumbling_window=60,
        batch_size=1,
    )
    kinds = [(e.kind, e.state, e.attempts_made) for e in kept.entries.values()]
    assert kinds == [
        (Kind.BATCH, State.DONE, 1),
        (Kind.WINDOW_END, State.DONE, 1),
        (Kind.BATCH, State.DONE, 1),
        (Kind.WINDOW_END, State.DONE, 1),
    ]


def test_a_batch_that_was_stopped_says_so(mapped: MappedStream, kept: Kept) -> None:
    mapped.put("a")
    mapped.close_shard()

    def function(_: Event) -> Any:
        context.stopping.set()
        return ERROR

    context = mapped.context(function, options())
    with pytest.raises(Stopped):
        LaneRunner(context, Lane(0), Checkpoint(0)).run()
    assert (kept.only.state, kept.only.checkpoint_after) == (State.STOPPED, None)
    assert kept.only.ended is not None


def test_a_role_that_may_not_read_is_an_entry(mapped: MappedStream, kept: Kept) -> None:
    """With the reason; it lasts until the role may read, or the mapping is stopped."""
    mapped.put("a")
    mapped.close_shard()
    mapped.read_refusal = lambda: context.stopping.set() or "no kinesis:GetRecords"  # type: ignore[func-returns-value]
    context = mapped.context(lambda _: None, options())
    with pytest.raises(Stopped):
        LaneRunner(context, Lane(0), Checkpoint(0)).run()
    assert (kept.only.kind, kept.only.state) == (Kind.READ_REFUSED, State.STOPPED)
    (only,) = kept.only.attempts
    assert (only.result, only.error, only.then) == (
        Result.ROLE_REFUSED,
        "no kinesis:GetRecords",
        Then.WAIT,
    )


def test_a_role_that_may_read_again_ends_the_entry() -> None:
    kept = Kept()
    recorder = kept.recorder("shardId-000000000000", Lane(0))
    recorder.refused("no kinesis:GetRecords", 7)
    assert kept.only.state is State.UNDER_WAY
    recorder.refused("", 7)
    assert (kept.only.state, kept.only.checkpoint_after) == (State.DONE, 7)


def test_a_batch_that_is_tried_for_ever_keeps_its_first_and_its_last_attempts() -> None:
    """Those in the middle are left out, and counted."""
    kept = Kept()
    tries = ATTEMPTS_KEPT + 50
    recorder = kept.recorder("shardId-000000000000", Lane(0))
    part = Part(records(1))
    recorder.batch(part.records, 0)
    for number in range(tries):
        outcome = Failed("no") if number < tries - 1 else Succeeded()
        recorder.tried(part, outcome, next_step(part, outcome, options()), None)
    recorder.done(1)
    entry = kept.only
    assert (entry.attempts_made, len(entry.attempts)) == (tries, ATTEMPTS_KEPT)
    numbers = [attempt.number for attempt in entry.attempts]
    half = ATTEMPTS_KEPT // 2
    assert numbers == [*range(1, half + 1), *range(tries - half + 1, tries + 1)]


def test_where_there_is_no_room_delivery_goes_on(mapped: MappedStream, kept: Kept) -> None:
    kept.room = False
    mapped.put("a", "b")
    assert mapped.run(batch_size=1) == [["a"], ["b"]]
    assert (kept.entries, kept.refused) == ({}, 2)
