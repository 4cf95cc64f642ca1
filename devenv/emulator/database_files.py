"""The SQLite files of the emulator, looked at before they are opened: whose they are, and whole?

A file is made under another name and renamed once it is complete. So one that is empty or has no
tables has lost them; it is never one that was just begun.

- A damaged file is moved aside, with its write-ahead log and what is of no use without it, and a
  new one is made. Nothing of it is deleted.
- A file of a newer version, and one that another program made, are refused by name.
"""

import errno
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from devenv.errors import BadInput, DevenvError

MAGIC = b"SQLite format 3\0"
FULLY_CHECKED = 256 * 2**20
"""Bytes up to which a file is read as a whole at start; 256 MB take about 0.3 s."""
SUSPECT = ".suspect"
"""Added to the name of a file that was found damaged while in use: a mark to read it as a whole at
the next start, however large it is."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
FULL_DISK = "No space left on the disk that holds {place}: nothing was stored. Make room there."

Say = Callable[[str], None]


@dataclass(frozen=True)
class Kind:
    """What a file of ours has to be."""

    holds: str
    """What is lost with it, in words."""
    application_id: int
    version: int
    """Of the schema; counted up when an older devenv could not read the file any more."""
    tables: Mapping[str, frozenset[str]]
    """The columns that make an unmarked file, of a devenv before these marks, one of this kind."""
    schema: str
    companions: tuple[str, ...] = ()
    """Folders beside the file that mean nothing without it."""


def prepare(path: Path, kind: Kind, say: Say, now: Callable[[], datetime] = datetime.now) -> None:
    """Leave a whole file of this kind at `path`: the one that is there, or a new one.

    `say` is told what was moved aside. Raises `DevenvError` for a file that isn't ours to move.
    """
    why = _damage(path, kind)
    if why is not None:
        aside = _move_aside(path, kind, now())
        say(
            f"{path} is damaged ({why}): moved to {aside}. {kind.holds} are lost here, unless "
            f"`sqlite3 {aside} .recover` gets them out. A new file was made."
        )
    if not path.exists():
        _make(path, kind)


def storage_error(error: Exception, place: Path) -> str | None:
    """What a failure of the disk or of a file means, for whoever made the request; None if it is
    neither."""
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return FULL_DISK.format(place=place) if full else None
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return FULL_DISK.format(place=place)
    if code in DAMAGED:
        with suppress(OSError):
            _beside(place, SUSPECT).touch()
        return (
            f"{place} is damaged ({error}). Stop and start the emulator: it looks through the file "
            "then, and moves it aside if it can't be used."
        )
    if code == sqlite3.SQLITE_IOERR:
        return f"{place} can't be read or written ({error}). Is the disk full, or failing?"
    return None


def _damage(path: Path, kind: Kind) -> str | None:
    """What is wrong with the file; None if nothing is, or none is there. Raises `DevenvError` if it
    isn't ours."""
    if not path.exists():
        return _traces(path, kind)
    try:
        with path.open("rb") as file:
            start = file.read(100)
        size = path.stat().st_size
    except OSError as error:
        raise DevenvError(f"{path} can't be read: {error.strerror}. Put that right.") from error
    if not start:
        return "it is empty"
    if len(start) < 100 or not start.startswith(MAGIC):
        return "it is no SQLite file"
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return _content(connection, path, kind) or _broken_pages(connection, path, size)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            return str(error)
        words = storage_error(error, path) or f"{path} can't be opened: {error}."
        raise DevenvError(words) from error


def _traces(path: Path, kind: Kind) -> str | None:
    """A file that is gone, while what it leaves behind isn't, was not removed on purpose."""
    wal = _beside(path, "-wal")
    if wal.is_file() and wal.stat().st_size:
        return "it is missing, and its write-ahead log is there"
    for name in kind.companions:
        folder = path.with_name(name)
        if folder.is_dir() and any(folder.iterdir()):
            return f"it is missing, and {name} beside it is not empty"
    return None


def _content(connection: sqlite3.Connection, path: Path, kind: Kind) -> str | None:
    """By the file's marks, and by its tables where it has none."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    if application == kind.application_id and version > kind.version:
        raise BadInput(
            f"{path} was written by a newer devenv (schema {version}; this one knows "
            f"{kind.version}). Use that devenv, or go on without {kind.holds}: {_put_away(path)}."
        )
    if not tables:
        return "it has no tables"
    lacking = [
        name
        for name, columns in kind.tables.items()
        if not columns <= {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
    ]
    if not lacking and application == 0:
        _mark(connection, kind)  # Of a devenv that didn't mark its files yet.
        return None
    if application == kind.application_id:
        return f"its table {lacking[0]} is not what it was" if lacking else None
    raise BadInput(
        f"{path} is another program's (its tables: {', '.join(sorted(tables)[:5])}), and this is "
        f"where devenv keeps {kind.holds}. Put it elsewhere: {_put_away(path)}."
    )


def _broken_pages(connection: sqlite3.Connection, path: Path, size: int) -> str | None:
    suspect = _beside(path, SUSPECT)
    if size > FULLY_CHECKED and not suspect.exists():
        return None
    (words,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if words != "ok":
        return str(words).rpartition("***")[2].strip()  # After "*** in database main ***".
    suspect.unlink(missing_ok=True)
    return None


def _move_aside(path: Path, kind: Kind, now: datetime) -> Path:
    """Rename the file and all that belongs to it; the file's new name."""
    mark = f".damaged-{now:%Y%m%d-%H%M%S}"
    aside = _beside(path, mark)
    try:
        for suffix in ("-wal", "-shm", ""):
            if (part := _beside(path, suffix)).exists():
                part.rename(_beside(aside, suffix))
        for name in kind.companions:
            if (folder := path.with_name(name)).exists():
                folder.rename(_beside(folder, mark))
        _beside(path, SUSPECT).unlink(missing_ok=True)
    except OSError as error:
        raise DevenvError(
            f"{path} is damaged, and can't be moved to {aside}: {error.strerror}."
        ) from error
    return aside


def _make(path: Path, kind: Kind) -> None:
    new = _beside(path, ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            _beside(new, suffix).unlink(missing_ok=True)
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(kind.schema)
            _mark(connection, kind)
        new.rename(path)
    except (OSError, sqlite3.Error) as error:
        words = storage_error(error, path) or f"{path} can't be made: {error}."
        raise DevenvError(words) from error


def _mark(connection: sqlite3.Connection, kind: Kind) -> None:
    connection.execute(f"PRAGMA application_id = {kind.application_id}")
    connection.execute(f"PRAGMA user_version = {kind.version}")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _put_away(path: Path) -> str:
    return f"mkdir {path.parent}/put-away && mv {path}* {path.parent}/put-away/"
