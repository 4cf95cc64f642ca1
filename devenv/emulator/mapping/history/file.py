"""Batches and their attempts in one SQLite file, beside the one with records and checkpoints.

A file of its own: writing a batch never holds up who puts a record or saves a checkpoint. What a
mapping keeps is bounded by batches and by attempts; the oldest batches go first.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from devenv.emulator.database_files import Kind as FileKind
from devenv.emulator.database_files import prepare
from devenv.emulator.mapping.history import rows
from devenv.emulator.mapping.history.entries import ATTEMPTS_KEPT, Entry, Place, State
from devenv.emulator.mapping.history.filters import Filters, condition

LOG = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE mappings (
    id INTEGER PRIMARY KEY, function TEXT NOT NULL, source TEXT NOT NULL, stream INTEGER NOT NULL,
    UNIQUE (function, source, stream));
CREATE TABLE batches (
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, uuid TEXT NOT NULL, shard TEXT NOT NULL,
    lane INTEGER NOT NULL, lanes INTEGER NOT NULL, kind TEXT NOT NULL,
    first TEXT, last TEXT, count INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER,
    state TEXT NOT NULL, checkpoint_before INTEGER NOT NULL, checkpoint_after INTEGER,
    attempts_made INTEGER NOT NULL, failed INTEGER NOT NULL, discarded INTEGER NOT NULL);
CREATE INDEX batches_by_owner ON batches (owner, id);
CREATE INDEX batches_that_failed ON batches (id) WHERE failed;
CREATE TABLE attempts (
    batch INTEGER NOT NULL, number INTEGER NOT NULL, parent INTEGER, began INTEGER NOT NULL,
    duration_ms REAL, first TEXT, last TEXT, count INTEGER NOT NULL, request_id TEXT, version TEXT,
    result TEXT NOT NULL, error_type TEXT, error TEXT, done INTEGER NOT NULL,
    what_next TEXT NOT NULL, backoff REAL NOT NULL, parts TEXT NOT NULL,
    discarded INTEGER NOT NULL, condition TEXT, destination TEXT, sent INTEGER, response TEXT,
    PRIMARY KEY (batch, number)) WITHOUT ROWID;
CREATE INDEX attempts_by_request ON attempts (request_id);
"""

FILE_NAME = "batches.db"
FILE_KIND = FileKind(
    holds="The history of the mappings' batches",
    application_id=0x64764268,  # "dvBh"
    version=1,
    tables={
        "mappings": frozenset(("id", "function", "source", "stream")),
        "batches": frozenset(("id", "owner", "uuid", "shard", "first", "last", "state")),
        "attempts": frozenset(("batch", "number", "parent", "request_id", "result")),
    },
    schema=SCHEMA,
)

ATTEMPTS_PER_BATCH = 10
"""How many a mapping keeps, times its batches: one where every batch fails for hours keeps fewer
batches."""
SLACK = 20
"""A mapping is trimmed once it has a twentieth too much: so the oldest go many at a time."""


class HistoryFile:
    """The file at `path`, made if it isn't there. `keep`: batches per mapping.

    Raises `DevenvError` if the file isn't ours.
    """

    def __init__(self, path: Path, keep: int) -> None:
        prepare(path, FILE_KIND, LOG.error)
        self.path = path
        self._keep = keep
        self._lock = threading.Lock()
        self._writer = self._connect()
        self._owners: dict[tuple[str, str, int], int] = {}
        self._kept: dict[int, tuple[int, int]] = {}
        """Of each owner, how many batches and attempts."""
        self._writer.execute(
            "UPDATE batches SET state = ? WHERE state = ?", (State.INTERRUPTED, State.UNDER_WAY)
        )
        self._load()

    def last_id(self) -> int:
        with self._lock:
            (last,) = self._writer.execute("SELECT max(id) FROM batches").fetchone()
        return last or 0

    def write(self, entries: Iterable[tuple[Entry, int]]) -> None:
        """Write what each entry is now, all in one transaction. With it comes the number of its
        last attempt that the file has; -1 for an entry that isn't in it."""
        with self._writing():
            touched = set()
            for entry, written in entries:
                owner = self._owner(entry.place)
                touched.add(owner)
                new = [attempt for attempt in entry.attempts if attempt.number > written]
                self._writer.execute(rows.WRITE_BATCH, rows.batch_row(entry, owner))
                self._writer.executemany(
                    rows.WRITE_ATTEMPT, [rows.attempt_row(entry.id, attempt) for attempt in new]
                )
                batches, attempts = self._kept[owner]
                attempts += len(new) - self._leave_out_the_middle(entry)
                self._kept[owner] = (batches + (written < 0), attempts)
            for owner in touched:
                self._trim(owner)

    def find(self, filters: Filters) -> list[Entry]:
        """The newest first."""
        where, values = condition(filters)
        with closing(self._connect()) as reader:
            found = reader.execute(
                f"SELECT {', '.join(f'batches.{name}' for name in rows.BATCH)}, {rows.OWNER} "
                f"FROM batches JOIN mappings ON mappings.id = owner WHERE {where} "
                "ORDER BY batches.id DESC LIMIT ?",
                (*values, filters.limit),
            ).fetchall()
            return [
                rows.entry(row, reader.execute(rows.READ_ATTEMPTS, (row[0],)).fetchall())
                for row in found
            ]

    def forget(self, uuid: str, function: str, source: str) -> None:
        """Delete a mapping's batches: it was deleted on purpose."""
        with self._writing():
            self._delete("uuid = ?", (uuid,))
            for owner in [id for key, id in self._owners.items() if key[:2] == (function, source)]:
                self._delete("owner = ?", (owner,))
            for owner in self._owners.values():
                self._count(owner)

    def forget_streams_but(self, known: Iterable[int]) -> None:
        """Delete what belongs to streams that are gone."""
        left = set(known)
        with self._writing():
            for key, owner in list(self._owners.items()):
                if key[2] not in left:
                    self._delete("owner = ?", (owner,))
                    self._writer.execute("DELETE FROM mappings WHERE id = ?", (owner,))
                    del self._owners[key], self._kept[owner]

    def close(self) -> None:
        with self._lock:
            self._writer.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; if it fails, what is known of the file is read again."""
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # A full disk has ended it already.
                    self._writer.execute("ROLLBACK")
                self._load()
                raise

    def _load(self) -> None:
        self._owners.clear()
        self._kept.clear()
        for id, *key in self._writer.execute("SELECT id, function, source, stream FROM mappings"):
            self._owners[key[0], key[1], key[2]] = id
        for owner in self._owners.values():
            self._count(owner)

    def _owner(self, place: Place) -> int:
        key = (place.function, place.source, place.stream)
        found = self._owners.get(key)
        if found is None:
            cursor = self._writer.execute(
                "INSERT INTO mappings (function, source, stream) VALUES (?, ?, ?)", key
            )
            assert cursor.lastrowid is not None
            found = self._owners[key] = cursor.lastrowid
            self._kept[found] = (0, 0)
        return found

    def _count(self, owner: int) -> None:
        batches, made = self._writer.execute(
            "SELECT count(*), total(min(attempts_made, ?)) FROM batches WHERE owner = ?",
            (ATTEMPTS_KEPT, owner),
        ).fetchone()
        self._kept[owner] = (batches, int(made))

    def _leave_out_the_middle(self, entry: Entry) -> int:
        """Delete those attempts that the entry has left out; how many."""
        if entry.attempts_made <= ATTEMPTS_KEPT:
            return 0
        middle = ATTEMPTS_KEPT // 2
        return self._writer.execute(
            "DELETE FROM attempts WHERE batch = ? AND number > ? AND number < ?",
            (entry.id, middle, entry.attempts[middle].number),
        ).rowcount

    def _trim(self, owner: int) -> None:
        """Delete the oldest batches while there are too many, or too many attempts."""
        batches, attempts = self._kept[owner]
        most = self._keep * ATTEMPTS_PER_BATCH
        if batches <= self._keep + self._keep // SLACK and attempts <= most + most // SLACK:
            return
        last = 0
        for id, made in self._writer.execute(
            "SELECT id, min(attempts_made, ?) FROM batches WHERE owner = ? ORDER BY id",
            (ATTEMPTS_KEPT, owner),
        ):
            if batches <= max(1, self._keep) and (attempts <= most or batches <= 1):
                break
            batches, attempts, last = batches - 1, attempts - made, id
        self._delete("owner = ? AND id <= ?", (owner, last))
        self._kept[owner] = (batches, attempts)

    def _delete(self, where: str, values: Sequence[object]) -> None:
        self._writer.execute(
            f"DELETE FROM attempts WHERE batch IN (SELECT id FROM batches WHERE {where})", values
        )
        self._writer.execute(f"DELETE FROM batches WHERE {where}", values)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=30
        )
        # What is written outlives the process, not a power cut. To wait for the disk would hold up
        # those who write records to it, and a damaged file is made anew.
        connection.execute("PRAGMA synchronous = OFF")
        return connection
