"""What S3's operations need: their actions are called otherwise than they are.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from devenv.emulator.iam.enforcement import Need

ACTIONS = {
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "PostObject": "PutObject",
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
}
OF_VERSIONS = {
    *("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging"),
    *("PutObjectTagging", "DeleteObjectTagging", "GetObjectAttributes"),
}
"""Actions that have another name for a version that is named: GetObjectVersion."""
KEYS = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}


def s3_needs(operation: str, parameters: Mapping[str, Any]) -> list[Need]:
    if operation == "DeleteObjects":
        objects = (parameters.get("Delete") or {}).get("Objects") or []
        return [_need("DeleteObject", {**each, "Bucket": parameters["Bucket"]}) for each in objects]
    found = [_need(ACTIONS.get(operation, operation), parameters)]
    if source := parameters.get("CopySource"):
        found.append(_need("GetObject", _source(source)))
    if operation == "GetObjectAttributes":
        found.append(_need("GetObject", parameters))
    if parameters.get("Tagging") and found[0].action == "s3:PutObject":
        found.append(_need("PutObjectTagging", parameters))
    return found


def _need(name: str, parameters: Mapping[str, Any]) -> Need:
    if parameters.get("VersionId") and name in OF_VERSIONS:
        name = name.replace("Object", "ObjectVersion", 1)
    action = f"s3:{name}"
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if not bucket:
        return Need(action, "*", shown="")
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    asked: dict[str, str | None] = dict.fromkeys(KEYS.values())
    asked |= {KEYS[name]: str(v) for name in KEYS if (v := parameters.get(name)) is not None}
    return Need(action, resource, f'"{resource}"', asked)


def _source(source: Any) -> dict[str, Any]:
    """Of a copy: `bucket/key`, in URL's letters, or its parts."""
    if isinstance(source, Mapping):
        return dict(source)
    path, _, version = unquote(str(source)).removeprefix("/").partition("?versionId=")
    bucket, _, key = path.partition("/")
    return {"Bucket": bucket, "Key": key, "VersionId": version}
