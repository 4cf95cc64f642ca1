"""Files that were damaged, or aren't ours: moved aside or refused by name, never overwritten."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from devenv.emulator import database_files
from devenv.emulator.database_files import Kind, prepare, storage_error
from devenv.emulator.kinesis import database as kinesis_database
from devenv.emulator.kinesis.database import Database
from devenv.emulator.s3 import records as s3_records
from devenv.errors import BadInput, DevenvError

NOW = datetime(2026, 11, 25, 10, 15)
MARK = ".damaged-20261125-101500"
KINESIS, S3 = kinesis_database.KIND, s3_records.KIND
KINDS = pytest.mark.parametrize("kind", [KINESIS, S3], ids=["kinesis", "s3"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "file.db"


def prepared(path: Path, kind: Kind = KINESIS) -> list[str]:
    """What `prepare` said."""
    said: list[str] = []
    prepare(path, kind, said.append, lambda: NOW)
    return said


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def fill(path: Path) -> None:
    """Many pages of records, all of them in the file itself."""
    row = "INSERT INTO records SELECT value, 0, 'k', randomblob(900) FROM generate_series(1, 200)"
    execute(
        path,
        "CREATE TEMP TABLE generate_series AS WITH RECURSIVE n(value) AS "
        "(SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 200) SELECT value FROM n",
        row.replace("generate_series(1, 200)", "generate_series"),
    )


@KINDS
def test_a_new_file_is_marked_and_found_whole_afterwards(path: Path, kind: Kind) -> None:
    """Nothing is said of either."""
    assert prepared(path, kind) == prepared(path, kind) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (kind.application_id,)
        assert connection.execute("PRAGMA user_version").fetchone() == (kind.version,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@KINDS
def test_an_unmarked_file_of_an_earlier_devenv_is_taken_over(path: Path, kind: Kind) -> None:
    """With what is in it."""
    prepared(path, kind)
    execute(path, "PRAGMA application_id = 0", "PRAGMA user_version = 0")
    before = path.stat().st_ino
    assert prepared(path, kind) == []
    assert path.stat().st_ino == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (kind.version,)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    fill(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def cut_inside_its_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def overwritten(path: Path) -> None:
    path.write_bytes(b"not a database at all " * 400)


def scribbled_in(path: Path) -> None:
    fill(path)
    data = bytearray(path.read_bytes())
    page = len(data) // 4096 // 2
    data[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(data)


def without_tables(path: Path) -> None:
    path.unlink()
    execute(path, "PRAGMA user_version = 1")


def without_a_table(path: Path) -> None:
    execute(path, "DROP TABLE records")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (emptied, "it is empty"),
        (cut_short, "malformed"),
        (cut_inside_its_header, "no SQLite file"),
        (overwritten, "no SQLite file"),
        (scribbled_in, "Page "),
        (without_tables, "no tables"),
        (without_a_table, "its table records is not what it was"),
    ],
)
def test_a_damaged_file_is_moved_aside_and_a_new_one_made(
    path: Path, damage: Callable[[Path], None], why: str
) -> None:
    """What was lost and where it went is said; its bytes are as they were found."""
    prepared(path)
    damage(path)
    found = path.read_bytes()
    (line,) = prepared(path)
    aside = path.with_name(path.name + MARK)
    assert line.startswith(f"{path} is damaged (")
    assert why in line
    assert f"moved to {aside}. {KINESIS.holds} are lost" in line
    assert aside.read_bytes() == found
    assert prepared(path) == []


def test_a_file_cut_short_whose_log_is_there_is_found_too(path: Path) -> None:
    """SQLite opens it: it takes the file's length from the log."""
    prepared(path)
    fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO counters VALUES ('keys', 1)")
        log = path.with_name(f"{path.name}-wal").read_bytes()
        data = path.read_bytes()
    assert log
    path.write_bytes(data[: len(data) // 2])
    path.with_name(f"{path.name}-wal").write_bytes(log)
    (line,) = prepared(path)
    assert "is damaged" in line


def test_a_file_that_is_gone_while_its_log_is_there_was_lost(path: Path) -> None:
    """A new file would take the old log for its own."""
    prepared(path)
    path.rename(path.with_name(f"{path.name}-wal"))
    (line,) = prepared(path)
    assert "it is missing, and its write-ahead log is there" in line
    assert path.with_name(f"{path.name}{MARK}-wal").exists()


@pytest.mark.parametrize("lost", [emptied, Path.unlink])
def test_s3s_contents_go_with_the_file_that_says_what_they_are(
    path: Path, lost: Callable[[Path], None]
) -> None:
    """Or else the start would delete them, as files that nothing refers to."""
    prepared(path, S3)
    content = path.parent / "contents" / "0123"
    content.parent.mkdir()
    content.write_bytes(b"a model")
    lost(path)
    (line,) = prepared(path, S3)
    assert S3.holds in line
    assert (path.parent / f"contents{MARK}" / "0123").read_bytes() == b"a model"
    assert not content.exists()


@KINDS
def test_a_newer_devenvs_file_is_refused_by_name(path: Path, kind: Kind) -> None:
    """And left as it is; the cure puts it away, after which a start works."""
    prepared(path, kind)
    execute(path, f"PRAGMA user_version = {kind.version + 1}")
    with pytest.raises(BadInput, match=rf"{path} was written by a newer devenv \(schema 2; this"):
        prepared(path, kind)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("statement", ["PRAGMA application_id = 7", "SELECT 1"])
def test_another_programs_file_is_refused_by_name(path: Path, statement: str) -> None:
    path.parent.mkdir()
    execute(path, "CREATE TABLE notes (text)", statement)
    with pytest.raises(BadInput, match=rf"{path} is another program's \(its tables: notes\)"):
        prepared(path)


def test_following_the_refusals_cure_cures(path: Path) -> None:
    """The command that it names, in a shell."""
    import subprocess

    prepared(path)
    execute(path, "PRAGMA user_version = 2")
    with pytest.raises(BadInput) as refusal:
        prepared(path)
    command = str(refusal.value).rpartition(": ")[2].rstrip(".")
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert prepared(path) == []
    assert (path.parent / "put-away" / path.name).exists()


def test_a_large_file_is_read_as_a_whole_once_it_is_under_suspicion(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the start would take long for nothing."""
    monkeypatch.setattr(database_files, "FULLY_CHECKED", 0)
    prepared(path)
    scribbled_in(path)
    assert prepared(path) == []
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    words = storage_error(error, path)
    assert words is not None
    assert f"{path} is damaged" in words
    assert "Stop and start the emulator" in words
    (line,) = prepared(path)
    assert "is damaged" in line
    assert prepared(path) == []


def test_what_can_not_be_opened_is_no_damage(path: Path) -> None:
    """A folder in its place."""
    path.mkdir(parents=True)
    with pytest.raises(DevenvError, match=f"{path} can't be read: Is a directory"):
        prepared(path)


def test_a_full_disk_is_named_and_goes_away(path: Path) -> None:
    """SQLite ends the transaction itself; what comes after it works once there is room."""
    database = Database(path)
    with database.writing() as writer:
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages}")
    rows = [(n, 0, "k", b"x" * 9000) for n in range(1, 50)]
    insert = "INSERT INTO records VALUES (?, ?, ?, ?)"
    for some in (rows, rows[:1]):
        with pytest.raises(sqlite3.OperationalError) as failure:
            database.write(insert, some)
        words = storage_error(failure.value, path)
        assert words == f"No space left on the disk that holds {path}: nothing was stored. " + (
            "Make room there."
        )
    with database.reading() as reader:
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (0,)
    with database.writing() as writer:
        writer.execute("PRAGMA max_page_count = 100000")
    database.write(insert, rows)
    with database.reading() as reader:
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (49,)
    database.close()


def test_other_errors_are_not_the_disks() -> None:
    """They stay what they are."""
    assert storage_error(ValueError("x"), Path("f")) is None
    assert storage_error(sqlite3.IntegrityError("x"), Path("f")) is None
    assert storage_error(OSError(2, "No such file"), Path("f")) is None
    assert "No space left" in str(storage_error(OSError(28, "No space left"), Path("f")))
