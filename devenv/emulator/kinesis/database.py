"""One SQLite file: a connection that writes, under a lock, and a pool of those that read.

What `writing` has returned from survives the death of the process: it is committed, and the
write-ahead log is in the system's hands then. (A power cut may take the last moments.)
"""

import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devenv.emulator.database_files import Kind, prepare

LOG = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE streams (id INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE orphans (shard INTEGER PRIMARY KEY);
CREATE TABLE records (
    id INTEGER PRIMARY KEY, arrived INTEGER NOT NULL, partition_key TEXT NOT NULL,
    data BLOB NOT NULL);
"""
"""A record's id is its shard's key and its position, so that a shard's records lie together:
appending and reading cost the same wherever in the file they are. `arrived` is milliseconds.
`orphans` are shards of deleted streams whose records are still to be removed."""

FILE_NAME = "kinesis.db"
KIND = Kind(
    holds="Kinesis's streams, their records and the mappings' checkpoints",
    application_id=0x64764B6E,  # "dvKn"
    version=1,
    tables={
        "streams": frozenset(("id", "document")),
        "counters": frozenset(("name", "value")),
        "secrets": frozenset(("name", "value")),
        "orphans": frozenset(("shard",)),
        "records": frozenset(("id", "arrived", "partition_key", "data")),
    },
    schema=SCHEMA,
)

CACHE_KIB = 4096
READER_CACHE_KIB = 512
IDLE_READERS = 16


class Database:
    """The file at `path`, made if it isn't there. Raises `DevenvError` if it isn't ours."""

    def __init__(self, path: Path) -> None:
        prepare(path, KIND, LOG.error)
        self.path = path
        self._lock = threading.RLock()
        self._writer = self._connect(CACHE_KIB)
        self._readers: list[sqlite3.Connection] = []

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writer, alone, in a transaction that is committed at the end or rolled back."""
        with self._lock:
            if self._writer.in_transaction:
                yield self._writer
                return
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # A full disk has ended it already.
                    self._writer.execute("ROLLBACK")
                raise

    def write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Execute it for every row, in one transaction. A single row is one by itself."""
        with self._lock:
            if len(rows) == 1:
                self._writer.execute(statement, rows[0])
                return
            with self.writing() as writer:
                writer.executemany(statement, rows)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own for a short read, which no writer holds up."""
        try:
            reader = self._readers.pop()
        except IndexError:
            reader = self._connect(READER_CACHE_KIB)
        try:
            yield reader
        finally:
            if len(self._readers) < IDLE_READERS:
                self._readers.append(reader)
            else:
                reader.close()

    def close(self) -> None:
        with self._lock:
            while self._readers:
                self._readers.pop().close()
            self._writer.close()

    def _connect(self, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=30
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        return connection
