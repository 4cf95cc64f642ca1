"""MLflow's file: moved aside if it was damaged, refused if it's another program's."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from devenv.errors import BadInput
from devenv.stack.registry_file import check, note_use, place

NOW = datetime(2026, 11, 25, 10, 15)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """As MLflow makes it, with enough in it to be cut."""
    path = place(tmp_path)
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("CREATE TABLE runs (id TEXT)")
        connection.executemany("INSERT INTO runs VALUES (?)", [("x" * 3000,)] * 20)
    return path


def checked(database: Path) -> list[str]:
    said: list[str] = []
    check(database, said.append, lambda: NOW)
    return said


def test_a_whole_file_is_left_alone(database: Path) -> None:
    """One that isn't there yet, and one that a first start was cut short in, too."""
    content = database.read_bytes()
    assert checked(database) == []
    assert database.read_bytes() == content
    fresh = database.with_name("fresh.db")
    assert checked(fresh) == []
    fresh.touch()
    assert checked(fresh) == []


@pytest.mark.parametrize("damage", ["emptied", "cut", "overwritten", "scribbled in"])
def test_a_damaged_file_is_moved_aside(database: Path, damage: str) -> None:
    """What is lost is said, and what isn't."""
    assert checked(database) == []
    content = database.read_bytes()
    page = content[:4096] + b"\xff" * 4096
    damaged = {
        "emptied": b"",
        "cut": content[: len(content) // 2],
        "overwritten": b"no database" * 999,
        "scribbled in": page + content[len(page) :],
    }[damage]
    database.write_bytes(damaged)
    (line,) = checked(database)
    aside = database.with_name("mlflow.db.damaged-20261125-101500")
    assert f"{database} is damaged (" in line
    assert f"moved to {aside}" in line
    assert "registered models, runs and experiments in it are lost here" in line
    assert aside.read_bytes() == damaged
    assert not database.exists()


def test_a_file_that_was_emptied_after_the_first_use_is_missed(database: Path) -> None:
    """The server had answered once; no start has looked at the file since."""
    note_use(database)
    database.write_bytes(b"")
    (line,) = checked(database)
    assert "it is empty" in line


def test_another_programs_file_is_refused_by_name(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DROP TABLE alembic_version")
    with pytest.raises(BadInput, match=rf"{database} is another program's \(its tables: runs\)"):
        checked(database)
