"""Batches as people read them: in a line each, or as a tree; 80 columns, whatever they hold."""

import json

from emulator.mapping.kept_history import PLACE, attempt, entry, failure, span

from devenv.commands.batch_lines import batch_line, batch_tree
from devenv.emulator.mapping.history.entries import Attempt, Entry, Kind, Result, State, Then
from devenv.readers.batches import Batch, batch

QUEUE = "arn:aws:sqs:us-east-1:000000000000:ride-duration-prediction-failures"


def read(made: Entry) -> Batch:
    return batch(json.loads(json.dumps(made.shown())))


def line(*attempts: Attempt, **changes: object) -> str:
    """What follows on a batch's number, time, shard and size."""
    text = batch_line(read(entry(1, *attempts, **changes)))
    assert len(text) <= 80
    return text.partition(" records  ")[2] or text.partition(" record  ")[2]


def tree(made: Entry) -> list[str]:
    """The attempts' lines."""
    lines = list(batch_tree(read(made)))
    assert max(map(len, lines)) <= 80, lines
    return lines[4:]


def test_what_came_of_a_batch_is_told_in_a_line() -> None:
    poison = failure(error_type="ValueError", error="poison")
    assert line(attempt(duration_ms=8.4)) == "OK in 8 ms"
    assert line(poison, attempt(2)) == "2 attempts: ValueError: poison"
    given_up = failure(2, error_type="KeyError", error="x", then=Then.DISCARDED, discarded=1)
    assert line(poison, given_up) == "2 attempts, 1 given up: KeyError: x"
    ongoing = {"state": State.UNDER_WAY, "ended": None}
    assert line(poison, **ongoing) == "trying again, 1 attempt: ValueError: p…"
    assert line(poison, state=State.STOPPED).startswith("stopped, comes again, 1 attempt")
    assert line(poison, state=State.INTERRUPTED).startswith("interrupted, comes again, 1 att")
    assert line(failure(result=Result.TIMEOUT, error="3 s")) == "1 attempt: TIMEOUT: 3 s"
    partial = failure(result=Result.PARTIAL, error="reported " + "4" * 56 + " as failed")
    assert line(partial) == "1 attempt: PARTIAL at …444444444444"
    refused = failure(result=Result.ROLE_REFUSED, error="no kinesis:GetRecords", span=None)
    changes = {"kind": Kind.READ_REFUSED, "span": None}
    assert line(refused, **changes) == "was not read: no kinesis:GetRecords"
    assert line(refused, **changes, **ongoing) == "not read now: no kinesis:GetRecords"
    assert line(kind=Kind.WINDOW_END, span=None) == "end of the window  OK in 2 ms"


def test_a_bisected_batch_is_drawn_as_a_tree() -> None:
    """Retries stand below what they repeat, at the same depth."""
    error = {"error_type": "ValueError", "error": "poison"}
    made = entry(
        7,
        failure(1, span=span(1, 5), then=Then.SPLIT, parts=(3, 2), **error),
        failure(2, parent=1, span=span(1, 3), then=Then.SPLIT, parts=(2, 1), **error),
        attempt(3, parent=2, span=span(1, 2)),
        failure(4, parent=2, span=span(3, 3), parts=(1,), backoff=0.1, **error),
        failure(
            5,
            parent=4,
            span=span(3, 3),
            then=Then.DISCARDED,
            discarded=1,
            destination=QUEUE,
            sent=True,
            **error,
        ),
        attempt(6, parent=1, span=span(4, 5)),
    )
    assert tree(made) == [
        "1  5 records  ValueError: poison in 2 ms  → parts of 3 and 2",
        "├─ 2  3 records  ValueError: poison in 2 ms  → parts of 2 and 1",
        "│  ├─ 3  2 records  OK in 2 ms",
        "│  └─ 4  1 record  ValueError: poison in 2 ms  → again after 0.1 s",
        "│     5  1 record  ValueError: poiso…  → given up, ride-duration-predictio… told",
        "└─ 6  2 records  OK in 2 ms",
    ]


def test_the_head_says_where_and_when() -> None:
    place = {**vars(PLACE), "lane": 1, "lanes": 4}
    lines = list(batch_tree(read(entry(7, place=type(PLACE)(**place)))))
    assert lines[0] == "Batch 7: s → f, shard-0, lane 2 of 4"
    assert ", checkpoint 0 → 3" in lines[1]
    under_way = entry(7, state=State.UNDER_WAY, ended=None, checkpoint_after=None)
    assert "and goes on, checkpoint 0 → –" in list(batch_tree(read(under_way)))[1]


def test_what_followed_is_told() -> None:
    def then(**changes: object) -> str:
        (only,) = tree(entry(1, failure(1, **changes)))
        return only.partition("→ ")[2]

    assert then(done=2, parts=(4,), backoff=0.4) == "2 done, 4 again after 0.4 s"
    assert then(done=2, parts=(4,)) == "2 done, 4 again"
    assert then(then=Then.DISCARDED, discarded=1) == "given up"
    assert then(then=Then.DISCARDED, destination=QUEUE, sent=False) == (
        "given up, ride-duration-predi… NOT told"
    )
    assert then(then=Then.WAIT) == "until it may"


def test_a_long_life_stays_within_the_terminal() -> None:
    """Fourteen splits and hundreds of retries of an error that says much."""
    words = {"error_type": "SomeVeryLongErrorType" * 3, "error": "\x1b[2J many words\n" * 30}
    made = entry(
        1,
        *(
            failure(n, parent=n - 1 or None, then=Then.SPLIT, parts=(9999, 9999), **words)
            for n in range(1, 15)
        ),
        *(attempt(n, parent=29 - n) for n in range(15, 29)),
        *(failure(n, parent=n - 1, parts=(1,), backoff=10.0, **words) for n in range(29, 300)),
    )
    lines = tree(made)
    assert not any("\x1b" in each for each in lines)
    assert lines[-1] == "  (99 attempts in the middle are not kept)"
