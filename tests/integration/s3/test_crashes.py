"""kill -9 in the middle of puts, lost files, unreadable rows: what was acknowledged is there."""

import hashlib
import json
import os
import sqlite3
import threading
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from devenv.wait import wait_for

from .emulator import Emulator, shown


def test_a_refused_put_leaves_the_object_as_it_was(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"good")
    before = shown(s3, bucket, "k")
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"bad", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert shown(s3, bucket, "k") == before
    assert shown(running.restarted(), bucket, "k") == before


def test_reading_while_it_is_overwritten(running: Emulator, bucket: str) -> None:
    """A reader gets one of the contents, whole, whatever happens to the object meanwhile."""
    s3 = running.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"0" * 100_000)
    done = threading.Event()

    def overwrite() -> None:
        writer = running.s3()
        for n in range(60):
            writer.put_object(Bucket=bucket, Key="k", Body=str(n % 10).encode() * 100_000)
        done.set()

    thread = threading.Thread(target=overwrite)
    thread.start()
    while not done.is_set():
        answer = s3.get_object(Bucket=bucket, Key="k")
        body = answer["Body"].read()
        assert len(set(body)) == 1
        assert answer["ETag"].strip('"') == hashlib.md5(body).hexdigest()
    thread.join()


def test_unreadable_rows_and_lost_files_are_left_out(running: Emulator, bucket: str) -> None:
    """They are named in the log, and the rest is there."""
    s3 = running.s3()
    for key in ("fine", "spoilt", "lost"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    running.kill()
    with sqlite3.connect(running.settings.s3_folder / "records.sqlite") as db:
        where = "WHERE kind = 'key' AND bucket = ? AND name = ?"
        db.execute(f"UPDATE rows SET state = x'00' {where}", (bucket, "spoilt"))
        [files] = db.execute(f"SELECT files FROM rows {where}", (bucket, "lost")).fetchone()
    db.close()
    (running.contents / json.loads(files)[0]).unlink()
    s3 = running.start()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["fine"]
    assert f"left out bucket {bucket}, key spoilt: its row can't be read" in running.log
    assert f"left out bucket {bucket}, key lost, version null: its content" in running.log
    s3.put_object(Bucket=bucket, Key="lost", Body=b"found")
    assert s3.get_object(Bucket=bucket, Key="lost")["Body"].read() == b"found"


class Load:
    """Puts objects until its emulator is gone; knows which puts were acknowledged."""

    def __init__(self, s3: Any, bucket: str, name: str) -> None:
        self.s3, self.bucket, self.name = s3, bucket, name
        self.acknowledged: dict[str, str] = {}
        """Digest by key."""
        self.attempted: dict[str, set[str]] = {}
        """Every digest that a put of the key tried: overwrites may have got through."""
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        try:
            for n in range(100_000):
                # Every third put overwrites; sizes on both sides of LocalStack's 512 KiB.
                key = f"{self.name}/{n // 3 if n % 3 == 2 else n}"
                body = os.urandom(700_000 if n % 10 == 5 else 2_000)
                digest = hashlib.sha256(body).hexdigest()
                self.attempted.setdefault(key, set()).add(digest)
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
                self.acknowledged[key] = digest
                self.attempted[key] = {digest}
        except (BotoCoreError, ClientError):
            return


@pytest.mark.parametrize("least", [5, 40, 90])
def test_kill_during_puts(running: Emulator, bucket: str, least: int) -> None:
    """Every acknowledged object is there, whole; a put cut short left the old or the new one."""
    loads = [Load(running.s3(), bucket, f"load-{n}") for n in range(2)]
    wait_for(
        lambda: all(len(load.acknowledged) >= least for load in loads),
        timeout=60,
        failure="The puts didn't get going.",
        interval=0.01,
    )
    running.kill()
    for load in loads:
        load.thread.join()
    s3 = running.start()
    for load in loads:
        for key in load.acknowledged:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            assert hashlib.sha256(body).hexdigest() in load.attempted[key], key


def test_a_bucket_whose_row_cannot_be_read(running: Emulator, bucket: str) -> None:
    """It is left out, what is written to it fails, and what it had stays on disk."""
    running.s3().put_object(Bucket=bucket, Key="k", Body=b"there")
    running.kill()
    with sqlite3.connect(running.settings.s3_folder / "records.sqlite") as db:
        where = "WHERE kind = 'bucket' AND bucket = ?"
        [state] = db.execute(f"SELECT state FROM rows {where}", (bucket,)).fetchone()
        db.execute(f"UPDATE rows SET state = x'00' {where}", (bucket,))
    db.close()
    s3 = running.start()
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"lost")
    assert f"left out bucket {bucket}: its row can't be read" in running.log
    running.kill()
    with sqlite3.connect(running.settings.s3_folder / "records.sqlite") as db:
        db.execute(f"UPDATE rows SET state = ? {where}", (state, bucket))
    db.close()
    assert running.start().get_object(Bucket=bucket, Key="k")["Body"].read() == b"there"
