"""The SQLite file of S3's metadata: one row per bucket, key, multipart upload and part.

Rows are opaque here (`model_rows` makes them) but for the content files that they refer to.
A commit is safe from the end of this process, kill -9 included, as soon as `apply` returns;
after a power cut the last ones may be missing, as WAL with synchronous=NORMAL has it.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from devenv.emulator.database_files import Kind, prepare

LOG = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE rows (
    bucket TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    part TEXT NOT NULL,
    state BLOB NOT NULL,
    files TEXT NOT NULL,
    PRIMARY KEY (bucket, kind, name, part)
)
"""

FILE_NAME = "records.sqlite"
KIND = Kind(
    holds="S3's buckets and objects",
    application_id=0x64765333,  # "dvS3"
    version=1,
    tables={"rows": frozenset(("bucket", "kind", "name", "part", "state", "files"))},
    schema=SCHEMA,
    companions=("contents",),
)

BUCKET, KEY, UPLOAD, PART = "bucket", "key", "upload", "part"


@dataclass(frozen=True)
class RowId:
    """What a row is about."""

    bucket: str
    kind: str
    """BUCKET, KEY, UPLOAD or PART."""
    name: str = ""
    """The object's key or the upload's id; empty for the bucket itself."""
    part: str = ""
    """The part's number, for parts only."""

    def __str__(self) -> str:
        words = [f"bucket {self.bucket}"]
        if self.kind != BUCKET:
            words.append(f"{'upload' if self.kind == PART else self.kind} {self.name}")
        if self.part:
            words.append(f"part {self.part}")
        return ", ".join(words)


@dataclass(frozen=True)
class Row:
    """A row's content: the pickled state, and the content files that it refers to."""

    state: bytes
    files: tuple[str, ...] = ()


class Records:
    """The rows on disk. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        prepare(path, KIND, LOG.error)
        self.path = path
        # One connection for all threads: `lock` is held around every use.
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA synchronous=NORMAL")
        self.lock = threading.RLock()
        """To be held from reading the state in memory until `apply` has it on disk."""

    def apply(self, changes: dict[RowId, Row | None]) -> set[str]:
        """Write rows (None deletes) in one transaction; the files that rows no longer refer to."""
        before: set[str] = set()
        after: set[str] = set()
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for row_id, row in changes.items():
                    before.update(self._files(row_id))
                    self._write(row_id, row)
                    after.update(row.files if row else ())
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # A full disk has ended it already.
                    self._db.execute("ROLLBACK")
                raise
        return before - after

    def ids(self, bucket: str) -> set[RowId]:
        """Every row of a bucket."""
        sql = "SELECT bucket, kind, name, part FROM rows WHERE bucket = ?"
        with self.lock:
            return {RowId(*columns) for columns in self._db.execute(sql, (bucket,))}

    def parts(self, bucket: str, upload: str) -> set[RowId]:
        """The rows of an upload's parts."""
        sql = "SELECT bucket, kind, name, part FROM rows WHERE bucket = ? AND kind = ? AND name = ?"
        with self.lock:
            return {RowId(*columns) for columns in self._db.execute(sql, (bucket, PART, upload))}

    def all(self, kind: str) -> Iterator[tuple[RowId, Row]]:
        """All rows of a kind, in the order in which they first came in."""
        sql = (
            "SELECT bucket, kind, name, part, state, files FROM rows WHERE kind = ? ORDER BY rowid"
        )
        with self.lock:
            for *columns, state, files in self._db.execute(sql, (kind,)):
                yield RowId(*columns), Row(state, tuple(json.loads(files)))

    def files(self) -> set[str]:
        """Every content file that a row refers to."""
        with self.lock:
            found: Iterable[tuple[str]] = self._db.execute("SELECT files FROM rows")
            return {name for (files,) in found for name in json.loads(files)}

    def close(self) -> None:
        with self.lock:
            self._db.close()

    def _files(self, row_id: RowId) -> list[str]:
        sql = "SELECT files FROM rows WHERE bucket = ? AND kind = ? AND name = ? AND part = ?"
        columns = (row_id.bucket, row_id.kind, row_id.name, row_id.part)
        found = self._db.execute(sql, columns).fetchone()
        return list(json.loads(found[0])) if found else []

    def _write(self, row_id: RowId, row: Row | None) -> None:
        columns = (row_id.bucket, row_id.kind, row_id.name, row_id.part)
        if row is None:
            sql = "DELETE FROM rows WHERE bucket = ? AND kind = ? AND name = ? AND part = ?"
            self._db.execute(sql, columns)
            return
        sql = (
            "INSERT INTO rows (bucket, kind, name, part, state, files) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET state = excluded.state, files = excluded.files"
        )
        self._db.execute(sql, (*columns, row.state, json.dumps(row.files)))
