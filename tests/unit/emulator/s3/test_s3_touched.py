"""Which rows an operation may have changed."""

from typing import Any

import pytest

from devenv.emulator.s3.records import BUCKET, KEY, PART, UPLOAD, RowId
from devenv.emulator.s3.touched import Touched, touched


def of(operation: str, result: Any = None, written: Any = (), **request: Any) -> Touched:
    return touched(operation, {"Bucket": "b", **request}, result or {}, set(written))


@pytest.mark.parametrize(
    "operation", ["PutObject", "DeleteObject", "PutObjectTagging", "PutObjectAcl", "RestoreObject"]
)
def test_an_operation_on_a_key(operation: str) -> None:
    assert of(operation, Key="k") == Touched(frozenset({RowId("b", KEY, "k")}))


def test_deleting_many() -> None:
    what = of("DeleteObjects", Delete={"Objects": [{"Key": "k"}, {"Key": "l", "VersionId": "1"}]})
    assert what == Touched(frozenset({RowId("b", KEY, "k"), RowId("b", KEY, "l")}))


def test_a_form_names_no_key_but_writes_one() -> None:
    what = of("PostObject", written=[("b", "k"), ("other", "x")])
    assert what == Touched(frozenset({RowId("b", KEY, "k")}))
    assert of("PostObject") == Touched(frozenset())


@pytest.mark.parametrize(
    "operation",
    [
        "CreateBucket",
        "PutBucketPolicy",
        "DeleteBucketCors",
        "PutPublicAccessBlock",
        "PutObjectLockConfiguration",
    ],
)
def test_settings_of_the_bucket(operation: str) -> None:
    assert of(operation) == Touched(frozenset({RowId("b", BUCKET)}))


@pytest.mark.parametrize("operation", ["PutBucketVersioning", "SomethingNew"])
def test_what_may_have_changed_anything(operation: str) -> None:
    assert of(operation).whole_bucket


def test_a_multipart_upload_from_its_beginning_to_its_end() -> None:
    key, upload = RowId("b", KEY, "k"), RowId("b", UPLOAD, "u")
    began = of("CreateMultipartUpload", result={"UploadId": "u"}, Key="k")
    assert began.rows == {key, upload}
    part = of("UploadPart", Key="k", UploadId="u", PartNumber=7)
    assert part.rows == {key, upload, RowId("b", PART, "u", "7")}
    for ending in ("CompleteMultipartUpload", "AbortMultipartUpload"):
        ended = of(ending, Key="k", UploadId="u")
        assert ended.rows == {key, upload}
        assert ended.ended_upload == "u"
