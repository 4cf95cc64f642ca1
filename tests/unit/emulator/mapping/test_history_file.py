"""The file of batches: what was written is found, by filters; bounds hold; it outlives a kill."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from kept_history import PLACE, attempt, entry, failure, number, span

from devenv.emulator.mapping.history.entries import (
    ATTEMPTS_KEPT,
    Entry,
    Kind,
    Result,
    State,
    Then,
)
from devenv.emulator.mapping.history.file import HistoryFile
from devenv.emulator.mapping.history.filters import BadFilter, Filters, read_filters
from devenv.wait import wait_for

KEEP = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "batches.db"


@pytest.fixture
def file(path: Path) -> Iterator[HistoryFile]:
    made = HistoryFile(path, KEEP)
    yield made
    made.close()


def write(file: HistoryFile, *entries: Entry) -> None:
    """As new ones."""
    file.write([(each, -1) for each in entries])


def found(file: HistoryFile, **filters: str) -> list[int]:
    return [entry.id for entry in file.find(read_filters(filters))]


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


def test_all_that_was_written_is_read(file: HistoryFile) -> None:
    """With everything that an attempt can have, and with what a batch can lack."""
    full = failure(
        1,
        request_id="r",
        version="7",
        error_type="ValueError",
        response='{"errorType": "ValueError"}',
        parts=(2, 1),
        then=Then.SPLIT,
        backoff=0.4,
        done=1,
        discarded=1,
        condition="RetryAttemptsExhausted",
        destination="arn:aws:sqs:us-east-1:000000000000:q",
        sent=False,
    )
    written = [
        entry(1, full, attempt(2, parent=1)),
        entry(2, failure(result=Result.ROLE_REFUSED, span=None), kind=Kind.READ_REFUSED, span=None),
        entry(3, ended=None, state=State.UNDER_WAY, checkpoint_after=None),
    ]
    write(file, *written)
    assert file.find(Filters()) == written[::-1]


def test_an_entry_grows(file: HistoryFile) -> None:
    """Attempts that are in the file aren't written again."""
    first = entry(1, failure(1), ended=None, state=State.UNDER_WAY, checkpoint_after=None)
    write(file, first)
    grown = replace(first.with_attempt(attempt(2, parent=1)), state=State.DONE, ended=5)
    file.write([(grown, 1)])
    assert file.find(Filters()) == [grown]


def test_filters(file: HistoryFile) -> None:
    other = replace(PLACE, mapping="other", function=f"{PLACE.function[:-1]}g:live")
    shard = replace(PLACE, shard="shardId-000000000001")
    write(
        file,
        entry(1, attempt(request_id="a")),
        entry(2, failure(request_id="b"), attempt(2, request_id="c"), span=span(4, 9)),
        entry(3, place=other, span=span(10, 12)),
        entry(4, place=shard, ended=None, state=State.UNDER_WAY),
    )
    assert found(file) == [4, 3, 2, 1]
    assert found(file, id="2") == [2]
    assert found(file, mapping="uuid") == [4, 2, 1]
    assert found(file, mapping="f") == [4, 2, 1]
    assert found(file, mapping="g") == [3]
    assert found(file, mapping=other.function) == [3]
    assert found(file, mapping="F") == found(file, mapping="unction:f") == []
    assert found(file, shard="shardId-000000000001") == [4]
    assert found(file, failed="1") == [2]
    assert found(file, failed="0") == [4, 3, 2, 1]
    assert found(file, since="2501") == [4, 3]
    assert found(file, since="2500") == [4, 3, 2]
    assert found(file, request_id="c") == [2]
    assert found(file, sequence_number=number(3)) == [1]
    assert found(file, sequence_number=number(4)) == [2]
    assert found(file, sequence_number=number(13)) == []
    assert found(file, sequence_number="5") == []
    assert found(file, failed="1", mapping="g") == []


def test_pages(file: HistoryFile) -> None:
    write(file, *(entry(id) for id in range(1, 8)))
    assert found(file, limit="3") == [7, 6, 5]
    assert found(file, limit="3", before="5") == [4, 3, 2]
    assert found(file, limit="3", before="2") == [1]


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"shards": "x"}, "shards is no filter; there are before, failed, id, limit, mapping, "),
        ({"limit": "501"}, "limit=501 is over 500: take the next page by `before`"),
        ({"since": "yesterday"}, "since=yesterday is not a whole number"),
        ({"before": "-1"}, "before=-1 is not a whole number"),
        ({"id": "1" * 20}, "is not a whole number"),
        ({"sequence_number": "x5"}, "sequence_number=x5 is not a number"),
    ],
)
def test_what_is_no_filter_is_named(filters: dict[str, str], words: str) -> None:
    with pytest.raises(BadFilter, match=words):
        read_filters(filters)


def test_a_mapping_keeps_so_many_batches(file: HistoryFile, path: Path) -> None:
    """The newest, each with its attempts; another mapping's are its own business."""
    other = replace(PLACE, function="another")
    write(file, entry(1, place=other))
    for id in range(2, 200):
        write(file, entry(id, failure(), attempt(2)))
    ids = found(file, mapping="f", limit="500")
    assert KEEP <= len(ids) <= KEEP + KEEP // 20 + 1
    assert ids == list(range(199, 199 - len(ids), -1))
    assert found(file, mapping="another") == [1]
    assert rows(path, "attempts") == 2 * len(ids) + 1


def test_a_mapping_keeps_so_many_attempts(file: HistoryFile, path: Path) -> None:
    """Fewer batches, where each has many."""
    for id in range(1, 30):
        write(file, entry(id, *(failure(n) for n in range(1, 51))))
    assert rows(path, "attempts") <= KEEP * 10 * 1.05 + 50
    assert found(file)[0] == 29


def test_a_batch_keeps_so_many_attempts(file: HistoryFile, path: Path) -> None:
    """Written one after the other, as they happen."""
    made = entry(1, failure(1))
    write(file, made)
    for n in range(2, ATTEMPTS_KEPT + 40):
        made = made.with_attempt(failure(n, parent=n - 1))
        file.write([(made, n - 1)])
    assert rows(path, "attempts") == ATTEMPTS_KEPT
    assert file.find(Filters()) == [made]


def test_bounds_hold_after_a_restart(path: Path) -> None:
    """Counts are taken from the file, and ids go on."""
    first = HistoryFile(path, KEEP)
    write(first, *(entry(id) for id in range(1, KEEP + 1)))
    first.close()
    second = HistoryFile(path, KEEP)
    last = second.last_id()
    assert last == KEEP
    write(second, *(entry(last + n) for n in range(1, 6)))
    assert len(found(second, limit="500")) <= KEEP + 1
    second.close()


def test_what_was_under_way_when_the_emulator_ended_is_interrupted(path: Path) -> None:
    first = HistoryFile(path, KEEP)
    write(first, entry(1, failure(), ended=None, state=State.UNDER_WAY, checkpoint_after=None))
    first.close()
    second = HistoryFile(path, KEEP)
    (only,) = second.find(Filters())
    assert (only.state, only.ended, only.attempts_made) == (State.INTERRUPTED, None, 1)
    second.close()


def test_a_deleted_mapping_is_forgotten(file: HistoryFile, path: Path) -> None:
    other = replace(PLACE, function="another", mapping="other")
    write(file, entry(1), entry(2, place=other))
    file.forget("uuid", PLACE.function, PLACE.source)
    assert found(file) == [2]
    assert rows(path, "attempts") == 1


def test_what_belongs_to_a_stream_that_is_gone_is_forgotten(file: HistoryFile) -> None:
    """One made anew under its name is another."""
    write(file, entry(1), entry(2, place=replace(PLACE, stream=2)))
    file.forget_streams_but([2])
    assert found(file) == [2]
    write(file, entry(3))
    assert found(file) == [3, 2]


def test_a_damaged_file_is_moved_aside(path: Path) -> None:
    """As the emulator's others are: it begins with none."""
    path.write_bytes(b"no database " * 50)
    file = HistoryFile(path, KEEP)
    assert found(file) == []
    assert len(list(path.parent.glob("batches.db.damaged-*"))) == 1
    file.close()


def test_a_write_that_fails_changes_nothing(file: HistoryFile) -> None:
    """Nor what is known of the file: its mapping is made once more."""
    broken = replace(entry(1), began=object())
    with pytest.raises(sqlite3.Error):
        write(file, broken)
    write(file, entry(2))
    assert found(file) == [2]


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from kept_history import entry, failure
from devenv.emulator.mapping.history.file import HistoryFile
from devenv.emulator.mapping.history.journal import Journal

journal = Journal(HistoryFile(Path({path!r}), 100_000), every=0.001)
number = 0
while True:
    number += 1
    made = entry(journal.next_id(), failure())
    if journal.begin(made):
        journal.update(made)
    if number == 500:
        assert journal.flush(10)
        print("written", flush=True)
"""


def test_kill_9_leaves_what_was_written(path: Path) -> None:
    """Killed while it writes: the file is whole, and holds all that was flushed."""
    script = KILLED.format(tests=str(Path(__file__).parent), path=str(path))
    process = subprocess.Popen((sys.executable, "-c", script), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        wait_for(
            lambda: rows(path, "batches") > 1000, timeout=30, failure="it does not go on writing"
        )
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    file = HistoryFile(path, 100_000)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert rows(path, "batches") == rows(path, "attempts") > 1000
    assert found(file, id="1") == [1]
    write(file, entry(file.last_id() + 1))
    file.close()
