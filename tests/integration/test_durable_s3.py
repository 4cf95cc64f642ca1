"""S3 after stop, kill -9 and kill -9 in the middle of puts: what was acknowledged is there."""

import hashlib
import io
import json
import os
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from devenv.wait import wait_for

from .durable import Emulator, emulator

CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.org"]}]}
POLICY = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("s3")) as instance:
        instance.start()
        yield instance


@pytest.fixture
def bucket(running: Emulator) -> str:
    """A bucket of this test's own."""
    name = f"kept-{os.urandom(4).hex()}"
    running.s3().create_bucket(Bucket=name)
    return name


def shown(s3: Any, bucket: str, key: str, **version: str) -> dict[str, Any]:
    """All that S3 says of an object, its bytes hashed."""
    answer = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version)
    answer.pop("ResponseMetadata")
    answer["Body"] = hashlib.sha256(answer["Body"].read()).hexdigest()
    tags = s3.get_object_tagging(Bucket=bucket, Key=key, **version)["TagSet"]
    return {**answer, "tags": tags}


def listed(s3: Any, bucket: str) -> dict[str, Any]:
    """All that S3 lists in a bucket."""
    plain = s3.list_objects_v2(Bucket=bucket)
    versions = s3.list_object_versions(Bucket=bucket)
    uploads = s3.list_multipart_uploads(Bucket=bucket)
    return {
        "objects": plain.get("Contents"),
        "versions": versions.get("Versions"),
        "markers": versions.get("DeleteMarkers"),
        "uploads": uploads.get("Uploads"),
    }


def test_objects_are_as_they_were(running: Emulator, bucket: str) -> None:
    """Small and large, with their metadata, tags and checksums."""
    s3 = running.s3()
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    s3.put_object(
        Bucket=bucket,
        Key="über/small.txt",
        Body=b"small",
        ContentType="text/plain",
        CacheControl="no-cache",
        Metadata={"made-by": "a test"},
        Tagging="colour=blue&size=s",
    )
    s3.put_object(
        Bucket=bucket, Key="large", Body=os.urandom(3_000_000), ChecksumAlgorithm="SHA256"
    )
    s3.put_object(Bucket=bucket, Key="tagged", Body=b"later")
    s3.put_object_tagging(
        Bucket=bucket, Key="tagged", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}
    )
    keys = ["empty", "über/small.txt", "large", "tagged"]
    before = [shown(s3, bucket, key) for key in keys], listed(s3, bucket)
    assert before[0][1]["Metadata"] == {"made-by": "a test"}
    s3 = running.restarted()
    assert ([shown(s3, bucket, key) for key in keys], listed(s3, bucket)) == before


def test_overwritten_copied_and_deleted_objects(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    for key in ("a", "b", "c", "d", "e"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode() * 1000)
    s3.put_object(Bucket=bucket, Key="a", Body=b"anew")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "b"})
    s3.copy_object(
        Bucket=bucket,
        Key="b",
        CopySource={"Bucket": bucket, "Key": "b"},
        Metadata={"changed": "in place"},
        MetadataDirective="REPLACE",
    )
    s3.delete_object(Bucket=bucket, Key="c")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "d"}, {"Key": "e"}]})
    before = [shown(s3, bucket, key) for key in ("a", "b", "copy")], listed(s3, bucket)
    assert [item["Key"] for item in before[1]["objects"]] == ["a", "b", "copy"]
    s3 = running.restarted()
    assert ([shown(s3, bucket, key) for key in ("a", "b", "copy")], listed(s3, bucket)) == before
    assert s3.get_object(Bucket=bucket, Key="b")["Metadata"] == {"changed": "in place"}


def test_versions_and_delete_markers(running: Emulator, bucket: str) -> None:
    """Versioning turned on with an object there, overwritten, deleted, and one version removed."""
    s3 = running.s3()
    s3.put_object(Bucket=bucket, Key="before", Body=b"unversioned", Tagging="of=null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = [
        s3.put_object(Bucket=bucket, Key="v", Body=f"version {n}".encode(), Tagging=f"n={n}")
        for n in range(4)
    ]
    s3.put_object(Bucket=bucket, Key="before", Body=b"versioned")
    s3.delete_object(Bucket=bucket, Key="v", VersionId=made[1]["VersionId"])
    s3.put_object(Bucket=bucket, Key="gone", Body=b"hidden by a marker")
    s3.delete_object(Bucket=bucket, Key="gone")
    kept = [{"VersionId": made[n]["VersionId"]} for n in (0, 2, 3)]
    before = [shown(s3, bucket, "v", **each) for each in kept], listed(s3, bucket)
    old = shown(s3, bucket, "before", VersionId="null")
    s3 = running.restarted()
    assert ([shown(s3, bucket, "v", **each) for each in kept], listed(s3, bucket)) == before
    assert shown(s3, bucket, "before", VersionId="null") == old
    assert s3.get_object(Bucket=bucket, Key="v")["Body"].read() == b"version 3"
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="gone")
    again = s3.put_object(Bucket=bucket, Key="v", Body=b"after")
    assert s3.get_object(Bucket=bucket, Key="v")["VersionId"] == again["VersionId"]


def test_multipart_uploads(running: Emulator, bucket: str) -> None:
    """One completed before the kill, one begun before it and completed after it, one aborted."""
    s3 = running.s3()
    first, second = os.urandom(5 * 2**20), b"the end"
    ids = {
        key: s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="x/y")["UploadId"]
        for key in ("whole", "begun", "aborted")
    }

    def part(key: str, number: int, body: bytes) -> dict[str, Any]:
        made = s3.upload_part(
            Bucket=bucket, Key=key, UploadId=ids[key], PartNumber=number, Body=body
        )
        return {"PartNumber": number, "ETag": made["ETag"]}

    def complete(key: str, parts: list[dict[str, Any]]) -> None:
        s3.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=ids[key], MultipartUpload={"Parts": parts}
        )

    complete("whole", [part("whole", 1, first), part("whole", 2, second)])
    part("begun", 1, b"overwritten")
    begun = [part("begun", 1, first)]
    part("aborted", 1, first)
    s3.abort_multipart_upload(Bucket=bucket, Key="aborted", UploadId=ids["aborted"])
    before = shown(s3, bucket, "whole"), listed(s3, bucket)
    s3 = running.restarted()
    assert (shown(s3, bucket, "whole"), listed(s3, bucket)) == before
    complete("begun", [*begun, part("begun", 2, second)])
    assert s3.get_object(Bucket=bucket, Key="begun")["Body"].read() == first + second
    assert shown(s3, bucket, "begun")["ETag"] == before[0]["ETag"]


def test_bucket_settings(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(POLICY))
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    s3.create_bucket(Bucket=f"{bucket}-gone")
    s3.delete_bucket(Bucket=f"{bucket}-gone")
    created = {each["Name"]: each["CreationDate"] for each in s3.list_buckets()["Buckets"]}
    s3 = running.restarted()
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == POLICY
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == CORS["CORSRules"]
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "k", "Value": "v"}]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [each["ID"] for each in rules] == ["r"]
    assert {each["Name"]: each["CreationDate"] for each in s3.list_buckets()["Buckets"]} == created


def test_a_refused_put_leaves_the_object_as_it_was(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"good")
    before = shown(s3, bucket, "k")
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"bad", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert shown(s3, bucket, "k") == before
    assert shown(running.restarted(), bucket, "k") == before


def test_overwriting_and_deleting_leaves_no_files(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    left = len(list(running.contents.iterdir()))
    for n in range(20):
        s3.put_object(Bucket=bucket, Key="k", Body=f"{n}".encode())
    assert len(list(running.contents.iterdir())) == left + 1
    s3.delete_object(Bucket=bucket, Key="k")
    assert len(list(running.contents.iterdir())) == left


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


def test_functions_archives_do_not_pile_up(running: Emulator) -> None:
    """LocalStack's own bucket, whose functions end with the emulator, is not kept."""
    running.restarted().list_buckets()
    left = len(list(running.contents.iterdir()))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", "def handler(event, context): ...")
    running.client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.13",
        Handler="main.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": archive.getvalue()},
    )
    assert len(list(running.contents.iterdir())) == left + 1
    running.restarted().list_buckets()
    assert len(list(running.contents.iterdir())) == left
