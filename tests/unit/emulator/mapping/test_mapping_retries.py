"""What follows from each outcome: tried again, split, or given up."""

from typing import Any

import pytest
from fake_shard import options, record, records

from devenv.emulator.mapping.outcomes import Failed, NotRun, Outcome, PartlyFailed, Succeeded
from devenv.emulator.mapping.retries import LONGEST_BACKOFF, Part, Step, next_step, split_expired

FAILED = Failed("ValueError: no")


def numbers(parts: tuple[Part, ...]) -> list[list[int]]:
    return [[found.position for found in part.records] for part in parts]


def step(outcome: Outcome, count: int = 4, attempts: int = 0, **settings: Any) -> Step:
    return next_step(Part(records(count), attempts), outcome, options(**settings))


def test_success_is_done() -> None:
    assert step(Succeeded()) == Step(done=4)


@pytest.mark.parametrize(
    ("outcome", "settings", "done", "retry", "attempts"),
    [
        (FAILED, {}, 0, [[1, 2, 3, 4]], 1),
        (FAILED, {"bisect": True}, 0, [[1, 2], [3, 4]], 0),
        (PartlyFailed(2, ""), {}, 2, [[3, 4]], 1),
        (PartlyFailed(2, ""), {"bisect": True}, 2, [[3, 4]], 0),
        (PartlyFailed(0, ""), {}, 0, [[1, 2, 3, 4]], 1),
        (PartlyFailed(0, ""), {"bisect": True}, 0, [[1, 2], [3, 4]], 0),
        (NotRun("throttled"), {"max_retries": 0, "bisect": True}, 0, [[1, 2, 3, 4]], 0),
        (FAILED, {"max_retries": 1}, 0, [[1, 2, 3, 4]], 1),
    ],
)
def test_what_is_tried_again(
    outcome: Outcome, settings: Any, done: int, retry: list[list[int]], attempts: int
) -> None:
    found = step(outcome, **settings)
    assert found.discarded is None
    assert (found.done, numbers(found.retry)) == (done, retry)
    assert {part.attempts for part in found.retry} == {attempts}


@pytest.mark.parametrize(
    ("outcome", "count", "attempts", "settings", "given_up"),
    [
        (FAILED, 4, 0, {"max_retries": 0}, [1, 2, 3, 4]),
        (FAILED, 4, 2, {"max_retries": 2}, [1, 2, 3, 4]),
        (FAILED, 1, 2, {"max_retries": 2, "bisect": True}, [1]),
        (PartlyFailed(3, ""), 4, 2, {"max_retries": 2}, [4]),
        (Failed("too large", hopeless=True), 1, 0, {}, [1]),
    ],
)
def test_what_is_given_up(
    outcome: Outcome, count: int, attempts: int, settings: Any, given_up: list[int]
) -> None:
    found = step(outcome, count, attempts, **settings)
    assert found.retry == ()
    assert found.discarded is not None
    assert [record.position for record in found.discarded.records] == given_up
    assert found.discarded.attempts == attempts + 1


def test_halves_of_an_odd_number() -> None:
    assert numbers(step(FAILED, 5, bisect=True).retry) == [[1, 2, 3], [4, 5]]


def test_a_poison_record_is_found_by_halving_and_its_neighbours_get_through() -> None:
    """Seven of eight succeed; the eighth is tried alone as often as it may be."""
    settings = options(bisect=True, max_retries=2)
    parts, done, given_up, alone = [Part(records(8))], [], [], 0
    while parts:
        part = parts.pop(0)
        poisoned = any(found.position == 6 for found in part.records)
        alone += poisoned and len(part.records) == 1
        found = next_step(part, FAILED if poisoned else Succeeded(), settings)
        done += [r.position for r in part.records[: found.done]]
        if found.discarded:
            given_up += [r.position for r in found.discarded.records]
        parts = [*found.retry, *parts]
    assert done == [1, 2, 3, 4, 5, 7, 8]
    assert given_up == [6]
    assert alone == 3


def test_backoff_grows_up_to_a_limit() -> None:
    part, waits = Part(records(1)), []
    for _ in range(12):
        found = next_step(part, FAILED, options())
        waits.append(found.backoff)
        [part] = found.retry
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == LONGEST_BACKOFF


@pytest.mark.parametrize(
    ("oldest", "expired", "fresh"),
    [(0, 0, 3), (100, 0, 3), (101, 1, 2), (301, 3, 0)],
)
def test_expired_records_alone_are_split_off(oldest: int, expired: int, fresh: int) -> None:
    part = Part([record(1, 100), record(2, 200), record(3, 300)], attempts=2)
    found = split_expired(part, oldest)
    assert [len(piece.records) if piece else 0 for piece in found] == [expired, fresh]
    assert all(piece.attempts == 2 for piece in found if piece)
