"""MLflow's SQLite file, looked at before the server gets it: whole, and MLflow's?

MLflow would make an emptied file anew without a word, and ends with a traceback at a damaged one.
Its tables are its own business; what is asked for here is the table that names their version.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from devenv.errors import BadInput, DevenvError

VERSION_TABLE = "alembic_version"
FULLY_CHECKED = 256 * 2**20
"""Bytes up to which the whole file is read."""

Say = Callable[[str], None]


def place(home: Path) -> Path:
    return home / "mlflow" / "mlflow.db"


def note_use(database: Path) -> None:
    """Remember that the file held a registry: an empty one later on has lost it."""
    _mark(database).touch()


def check(database: Path, say: Say, now: Callable[[], datetime] = datetime.now) -> None:
    """Move a damaged file aside and `say` so, so that the server makes a new one.

    Raises `DevenvError` for another program's file, and for one that can't be read.
    """
    why = _damage(database)
    if why is None:
        return
    aside = database.with_name(f"{database.name}.damaged-{now():%Y%m%d-%H%M%S}")
    for suffix in ("-journal", "-wal", "-shm", ""):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    say(
        f"{database} is damaged ({why}): moved to {aside}. The registered models, runs and "
        "experiments in it are lost here; the files of models are still in S3. A new registry is "
        "made, and a model is trained for it."
    )


def _damage(database: Path) -> str | None:
    if not database.exists():
        return None
    try:
        if database.stat().st_size == 0:
            return "it is empty" if _mark(database).exists() else None
        with closing(sqlite3.connect(database)) as connection:
            return _content(connection, database)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return str(error)
        raise DevenvError(f"{database} can't be opened: {error}.") from error


def _content(connection: sqlite3.Connection, database: Path) -> str | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return "it has no tables" if _mark(database).exists() else None
    if VERSION_TABLE not in tables:
        raise BadInput(
            f"{database} is another program's (its tables: {', '.join(sorted(tables)[:5])}), and "
            f"this is where MLflow keeps its registry. Put it elsewhere: mv {database} "
            f"{database}.put-away."
        )
    if database.stat().st_size <= FULLY_CHECKED:
        (words,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if words != "ok":
            return str(words).rpartition("***")[2].strip()  # After "*** in database main ***".
    note_use(database)
    return None


def _mark(database: Path) -> Path:
    return database.with_name(f"{database.name}.used")
