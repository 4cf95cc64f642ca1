"""Which rows an S3 operation may have changed, told from its request and response.

Rather one too many than one too few: rows are made from the model as it is, so one that has not
changed is only written again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.emulator.s3.records import BUCKET, KEY, PART, UPLOAD, RowId

WHOLE_BUCKET = {"PutBucketVersioning"}
"""Versioning gives every object a version id."""
NO_ROWS = {"DeleteObjects", "PostObject"}
"""What touches only the keys that it names or writes, should these be none."""
UPLOAD_ENDS = {"CompleteMultipartUpload", "AbortMultipartUpload"}
BUCKET_ALONE = (
    "CreateBucket",
    "PutBucket",
    "DeleteBucket",
    "PutPublic",
    "DeletePublic",
    "PutObjectLock",
)
"""Beginnings of the names of operations that change a bucket's settings and nothing in it."""


@dataclass(frozen=True)
class Touched:
    """What to write."""

    rows: frozenset[RowId]
    whole_bucket: bool = False
    """Everything in the bucket, beside `rows`."""
    ended_upload: str | None = None
    """An upload whose parts are all to go."""


def touched(
    operation: str,
    request: Mapping[str, Any],
    result: Mapping[str, Any],
    written: set[tuple[str, str]],
) -> Touched:
    """What `operation` touched in the request's bucket.

    `written` has the (bucket, key) of every object that it opened for writing; `result` is empty
    if it failed.
    """
    bucket = request["Bucket"]
    keys = _keys(request) | {key for place, key in written if place == bucket}
    rows = {RowId(bucket, KEY, key) for key in keys}
    upload = request.get("UploadId") or result.get("UploadId")
    if upload:
        rows.add(RowId(bucket, UPLOAD, upload))
        if number := request.get("PartNumber"):
            rows.add(RowId(bucket, PART, upload, str(number)))
    if operation in UPLOAD_ENDS:
        return Touched(frozenset(rows), ended_upload=upload)
    if operation in WHOLE_BUCKET:
        return Touched(frozenset(rows), whole_bucket=True)
    if operation.startswith(BUCKET_ALONE):
        rows.add(RowId(bucket, BUCKET))
    # An operation of which nothing is known may have changed anything.
    return Touched(frozenset(rows), whole_bucket=not rows and operation not in NO_ROWS)


def _keys(request: Mapping[str, Any]) -> set[str]:
    keys = {request["Key"]} if request.get("Key") else set()
    listed = (request.get("Delete") or {}).get("Objects") or []
    return keys | {item["Key"] for item in listed if item.get("Key")}
