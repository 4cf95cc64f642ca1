"""Objects after kill -9: bytes, ETags, metadata, tags, listings."""

import os
import urllib.request
from typing import Any

from .emulator import Emulator, listed, shown


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


def test_overwriting_and_deleting_leaves_no_files(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    left = len(list(running.contents.iterdir()))
    for n in range(20):
        s3.put_object(Bucket=bucket, Key="k", Body=f"{n}".encode())
    assert len(list(running.contents.iterdir())) == left + 1
    s3.delete_object(Bucket=bucket, Key="k")
    assert len(list(running.contents.iterdir())) == left


def test_presigned_posts(running: Emulator, bucket: str) -> None:
    """A form names its key where no other operation does."""
    s3 = running.s3()
    form = s3.generate_presigned_post(bucket, "posted")
    fields = {**form["fields"], "file": "by a form"}
    edge = "edge-of-a-part"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    request = urllib.request.Request(
        form["url"],
        data=("".join(parts) + f"--{edge}--\r\n").encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={edge}"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request) as answer:
        assert answer.status == 204
    s3 = running.restarted()
    assert s3.get_object(Bucket=bucket, Key="posted")["Body"].read() == b"by a form"
