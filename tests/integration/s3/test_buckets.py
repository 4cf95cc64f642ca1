"""Buckets' settings, versions and LocalStack's own bucket after kill -9."""

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..zip_functions import make_role
from .emulator import Emulator, listed, shown

CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.org"]}]}
POLICY = {"Version": "2012-10-17", "Statement": []}


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


def test_deleting_a_bucket_with_an_unfinished_upload(running: Emulator, bucket: str) -> None:
    s3 = running.s3()
    left = len(list(running.contents.iterdir()))
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"part")
    s3.delete_bucket(Bucket=bucket)
    assert len(list(running.contents.iterdir())) == left
    s3.create_bucket(Bucket=bucket)
    assert listed(running.restarted(), bucket) == dict.fromkeys(
        ["objects", "versions", "markers", "uploads"]
    )


def test_stop_and_start(running: Emulator, bucket: str) -> None:
    """The orderly way; buckets in other regions and with objects locked too."""
    s3 = running.s3()
    s3.create_bucket(
        Bucket=f"{bucket}-west",
        CreateBucketConfiguration={"LocationConstraint": "us-west-2"},
        ObjectLockEnabledForBucket=True,
    )
    s3.put_object(Bucket=f"{bucket}-west", Key="k", Body=b"west", Tagging="a=b")
    before = shown(s3, f"{bucket}-west", "k"), listed(s3, f"{bucket}-west")
    running.embedded.stop()
    s3 = running.start()
    assert (shown(s3, f"{bucket}-west", "k"), listed(s3, f"{bucket}-west")) == before
    place = s3.get_bucket_location(Bucket=f"{bucket}-west")
    assert place["LocationConstraint"] == "us-west-2"


def test_tags_set_through_s3_control(running: Emulator, bucket: str) -> None:
    """Which LocalStack writes past S3's own operations."""
    control = running.client("s3control")

    def to_the_emulator(request: Any, **_: Any) -> None:
        """boto3 puts the account in front of the host, which is an address here."""
        request.url = request.url.replace("://000000000000.", "://")

    control.meta.events.register("before-send.s3-control", to_the_emulator)
    arn = f"arn:aws:s3:::{bucket}"
    account = "000000000000"
    control.tag_resource(AccountId=account, ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    tags = running.restarted().get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert tags == [{"Key": "k", "Value": "v"}]


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
        Role=make_role(running.client("iam"), "r"),
        Code={"ZipFile": archive.getvalue()},
    )
    assert len(list(running.contents.iterdir())) == left + 1
    running.restarted().list_buckets()
    assert len(list(running.contents.iterdir())) == left
