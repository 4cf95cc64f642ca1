"""A start over damaged files: what was lost is said, the file is kept, and all works again."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from devenv.errors import DevenvError

from .emulator import Emulator, emulator


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator of this test's own."""
    with emulator(tmp_path / "home") as instance:
        yield instance


def test_damaged_files_are_moved_aside_and_everything_works(damaged: Emulator) -> None:
    """Kinesis's file cut short, S3's emptied: each is named, with what is lost."""
    s3, kinesis = damaged.start(), damaged.client("kinesis")
    kinesis.create_stream(StreamName="rides", ShardCount=1)
    kinesis.put_record(StreamName="rides", PartitionKey="k", Data=b"x" * 100_000)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="k", Body=b"a model")
    damaged.kill()
    streams = damaged.settings.home / "emulator" / "kinesis" / "kinesis.db"
    with sqlite3.connect(streams) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    streams.write_bytes(streams.read_bytes()[:20_000])
    records = damaged.settings.s3_folder / "records.sqlite"
    records.with_name("records.sqlite-wal").unlink(missing_ok=True)
    records.write_bytes(b"")
    s3 = damaged.start()
    log = damaged.log
    assert f"devenv: {streams} is damaged (database disk image is malformed): moved to" in log
    assert f"devenv: {records} is damaged (it is empty): moved to" in log
    assert list(streams.parent.glob("kinesis.db.damaged-*"))
    (contents,) = damaged.settings.s3_folder.glob("contents.damaged-*")
    assert b"a model" in {file.read_bytes() for file in contents.iterdir()}
    assert kinesis.list_streams()["StreamNames"] == []
    kinesis.create_stream(StreamName="rides", ShardCount=1)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="k", Body=b"another")
    assert damaged.restarted().get_object(Bucket="models", Key="k")["Body"].read() == b"another"


def test_a_newer_file_ends_the_start_with_its_name(damaged: Emulator) -> None:
    """And with what to do, in the error of `up` itself."""
    damaged.start()
    damaged.kill()
    streams = damaged.settings.home / "emulator" / "kinesis" / "kinesis.db"
    with sqlite3.connect(streams) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DevenvError, match=rf"emulator did not start: {streams} was written by a "):
        damaged.start()


def test_an_object_cut_short_is_named_not_answered_in_part(damaged: Emulator) -> None:
    """While the emulator runs; after a start it is not there, as the log says."""
    s3 = damaged.start()
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="model.skops", Body=b"0123456789")
    (file,) = [f for f in damaged.contents.iterdir() if f.read_bytes() == b"0123456789"]
    file.write_bytes(b"0123")
    for range_ in ({}, {"Range": "bytes=-1"}):
        with pytest.raises(ClientError, match=r"model\.skops is damaged: .* has 4 of its 10 bytes"):
            s3.get_object(Bucket="models", Key="model.skops", **range_)
    s3.put_object(Bucket="models", Key="model.skops", Body=b"whole")
    assert s3.get_object(Bucket="models", Key="model.skops")["Body"].read() == b"whole"
