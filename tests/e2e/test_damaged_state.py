"""`up` over damaged files: what was lost is said, nothing is overwritten, and the system works."""

import sqlite3
from contextlib import closing

from .conftest import Shell

RIDE = ("--pu", "130", "--do", "205", "--distance", "3.66")


def test_up_moves_damaged_files_aside_says_so_and_works(shell: Shell) -> None:
    """Emptied, cut short, and overwritten, one of each; the doctor knows where they went."""
    assert shell.devenv("up", "-d").code == 0
    assert shell.devenv("down").code == 0
    streams = shell.home / "emulator" / "kinesis" / "kinesis.db"
    objects = shell.home / "emulator" / "s3" / "records.sqlite"
    registry = shell.home / "mlflow" / "mlflow.db"
    streams.write_bytes(b"")
    with closing(sqlite3.connect(objects)) as connection:  # All that is in its log into the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    objects.write_bytes(objects.read_bytes()[:6000])
    registry.write_bytes(b"no database" * 1000)
    up = shell.devenv("up", "-d")
    assert up.code == 0, up.err
    for path, lost in (
        (streams, "Kinesis's streams, their records and the mappings' checkpoints are lost"),
        (objects, "S3's buckets and objects are lost"),
        (registry, "The registered models, runs and experiments in it are lost"),
    ):
        (line,) = [line for line in up.err.splitlines() if line.startswith(f"{path} is damaged")]
        assert lost in line
        assert list(path.parent.glob(f"{path.name}.damaged-*"))
    assert shell.devenv("put", *RIDE).code == 0
    tail = shell.devenv("tail", "--from", "trim-horizon", "--limit", "1")
    assert tail.code == 0, tail.err
    doctor = shell.devenv("doctor")
    assert "moved aside when they were damaged: " in doctor.out
    again = shell.devenv("up", "-d")
    assert (again.code, "damaged" in again.err) == (0, False)
