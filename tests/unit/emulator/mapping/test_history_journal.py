"""Between delivery and the file: nobody waits, nothing grows without bound, followers hear."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from kept_history import PLACE, attempt, entry, failure

from devenv.emulator.mapping.history import page
from devenv.emulator.mapping.history.entries import Entry, State
from devenv.emulator.mapping.history.feed import CLIENTS, Feed
from devenv.emulator.mapping.history.file import HistoryFile
from devenv.emulator.mapping.history.filters import Filters
from devenv.emulator.mapping.history.journal import Journal
from devenv.emulator.mapping.history.running import batches_kept
from devenv.errors import BadInput

PATIENCE = 10.0


@pytest.fixture
def file(tmp_path: Path) -> HistoryFile:
    return HistoryFile(tmp_path / "batches.db", 100)


@pytest.fixture
def journal(file: HistoryFile) -> Iterator[Journal]:
    made = Journal(file, every=0.001)
    yield made
    made.close()


class Stuck(HistoryFile):
    """Writes nothing before it is let go on."""

    go_on: threading.Event
    begun: threading.Event
    error: Exception | None = None
    written: int = 0

    def write(self, entries: Iterable[tuple[Entry, int]]) -> None:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        if self.error:
            raise self.error
        found = list(entries)
        self.written += len(found)
        super().write(found)


@pytest.fixture
def stuck(tmp_path: Path) -> Stuck:
    made = Stuck(tmp_path / "stuck.db", 1000)
    made.go_on, made.begun = threading.Event(), threading.Event()
    return made


def under_way(id: int) -> Entry:
    return entry(id, failure(), ended=None, state=State.UNDER_WAY, checkpoint_after=None)


def test_what_is_taken_is_found(journal: Journal) -> None:
    """At once: finding waits for what was taken before."""
    made = under_way(journal.next_id())
    assert journal.begin(made)
    assert journal.find(Filters()) == [made]
    done = replace(made.with_attempt(attempt(2)), state=State.DONE)
    journal.update(done)
    assert journal.find(Filters()) == [done]


def test_ids_go_on_where_the_file_ends(file: HistoryFile) -> None:
    file.write([(entry(7), -1)])
    journal = Journal(file)
    assert [journal.next_id(), journal.next_id()] == [8, 9]
    journal.close()


def test_delivery_never_waits_and_what_is_too_much_is_counted(stuck: Stuck) -> None:
    """While the disk is stuck: entries that grow take no more room, new ones are left out."""
    journal = Journal(stuck, waiting=3, every=0.001)
    assert journal.begin(under_way(journal.next_id()))
    assert stuck.begun.wait(PATIENCE)
    taken = [journal.begin(under_way(journal.next_id())) for _ in range(5)]
    assert taken == [True, True, True, False, False]
    assert journal.left_out == 2
    for _ in range(100):
        journal.update(entry(2, failure(), attempt(2)))
    assert not journal.flush(0.01)
    stuck.go_on.set()
    found = {e.id: e.state for e in journal.find(Filters())}
    assert found == {
        1: State.UNDER_WAY,
        2: State.DONE,
        3: State.UNDER_WAY,
        4: State.UNDER_WAY,
    }
    assert stuck.written == 4
    journal.close()


def test_a_full_disk_costs_what_was_to_be_written_alone(stuck: Stuck) -> None:
    journal = Journal(stuck, every=0.001)
    stuck.go_on.set()
    stuck.error = sqlite3.OperationalError("database or disk is full")
    journal.begin(under_way(journal.next_id()))
    assert journal.flush(PATIENCE)
    assert journal.left_out == 1
    stuck.error = None
    journal.begin(under_way(journal.next_id()))
    assert [e.id for e in journal.find(Filters())] == [2]
    # What becomes of the first is written after all, with all of its attempts.
    journal.update(entry(1, failure(), attempt(2)))
    assert [(e.id, len(e.attempts)) for e in journal.find(Filters())] == [(2, 1), (1, 2)]
    journal.close()


def test_a_deleted_mapping_is_forgotten_with_what_waits(stuck: Stuck) -> None:
    journal = Journal(stuck, every=0.001)
    journal.begin(under_way(journal.next_id()))
    assert stuck.begun.wait(PATIENCE)
    journal.begin(under_way(journal.next_id()))
    journal.forget(PLACE.mapping, PLACE.function, PLACE.source)
    stuck.go_on.set()
    assert journal.find(Filters()) == []
    journal.close()


def test_close_writes_what_waits(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path / "batches.db", 100)
    journal = Journal(file, every=60)
    journal.begin(entry(journal.next_id()))
    journal.close()
    assert not journal.begin(entry(2))
    again = HistoryFile(tmp_path / "batches.db", 100)
    assert [e.id for e in again.find(Filters())] == [1]
    again.close()


def test_who_follows_hears_of_what_was_written(file: HistoryFile) -> None:
    heard: list[Entry] = []
    journal = Journal(file, heard.extend, every=0.001)
    made = entry(journal.next_id())
    journal.begin(made)
    assert journal.flush(PATIENCE)
    assert heard == [made]
    journal.close()


def test_a_follower_that_fails_ends_nothing(file: HistoryFile) -> None:
    def follow(entries: Sequence[Entry]) -> None:
        raise RuntimeError("gone")

    journal = Journal(file, follow, every=0.001)
    for id in (1, 2):
        journal.begin(entry(journal.next_id()))
        assert next(e.id for e in journal.find(Filters())) == id
    journal.close()


class Client:
    def __init__(self) -> None:
        self.got = b""

    def send(self, data: bytes) -> None:
        self.got += data


def test_the_feed_sends_each_batch_to_all() -> None:
    feed, first, second = Feed(lambda call: call()), Client(), Client()
    assert feed.add(first)
    assert feed.add(second)
    feed.publish([entry(1), entry(2, failure())])
    assert first.got == second.got
    events = first.got.decode().split("\n\n")
    assert events.pop() == ""
    for id, event in enumerate(events, start=1):
        kind, name, data = event.split("\n")
        assert (kind, name) == ("event: batch", f"id: {id}")
        assert json.loads(data.removeprefix("data: "))["id"] == id
    feed.remove(first)
    feed.publish([entry(3)])
    assert b"id: 3" in second.got
    assert b"id: 3" not in first.got


def test_the_feed_costs_nothing_while_nobody_follows() -> None:
    def schedule(call: object) -> None:
        raise AssertionError("nobody follows")

    Feed(schedule).publish([entry(1)])


def test_only_so_many_can_follow() -> None:
    feed = Feed(lambda call: call())
    assert all(feed.add(Client()) for _ in range(CLIENTS))
    assert not feed.add(Client())


def test_the_page_shows_a_batch_with_its_attempts(journal: Journal) -> None:
    journal.begin(entry(1, failure(parts=(2, 1)), attempt(2, parent=1)))
    status, content = page.batches(journal, {"failed": "1"})
    assert status == 200
    assert (content["kept"], content["next"], content["left_out"]) == (True, None, 0)
    (shown,) = json.loads(json.dumps(content))["batches"]
    assert (shown["id"], shown["state"], shown["count"], shown["failed"]) == (1, "DONE", 3, True)
    first, second = shown["attempts"]
    assert (first["result"], first["parts"], second["parent"]) == ("ERROR", [2, 1], 1)


def test_the_page_names_its_successor(journal: Journal) -> None:
    for id in range(1, 4):
        journal.begin(entry(id))
    _, content = page.batches(journal, {"limit": "2"})
    assert [e["id"] for e in content["batches"]] == [3, 2]
    assert content["next"] == 2
    _, content = page.batches(journal, {"limit": "2", "before": "2"})
    assert ([e["id"] for e in content["batches"]], content["next"]) == ([1], None)


def test_the_page_says_what_is_no_filter(journal: Journal) -> None:
    assert page.batches(journal, {"limit": "x"}) == (
        400,
        {"message": "limit=x is not a whole number from 0 up."},
    )


def test_a_history_that_is_switched_off_says_so() -> None:
    assert page.batches(None, {})[1] == {
        "kept": False,
        "batches": [],
        "next": None,
        "left_out": 0,
    }


def test_how_many_are_kept_is_a_setting() -> None:
    assert batches_kept({}) == batches_kept({"DEVENV_HISTORY_BATCHES": ""}) == 10_000
    assert batches_kept({"DEVENV_HISTORY_BATCHES": "0"}) == 0
    for wrong in ("-1", "many", "1e3"):
        with pytest.raises(BadInput, match="DEVENV_HISTORY_BATCHES"):
            batches_kept({"DEVENV_HISTORY_BATCHES": wrong})
