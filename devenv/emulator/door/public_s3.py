"""Whether everybody may do something with a bucket or an object: by its policy, or by its ACL.

A bucket's public access block, which every new bucket has, takes both back.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from collections.abc import Mapping
from typing import Any

from devenv.emulator.iam.conditions import Context, Unsupported
from devenv.emulator.iam.enforcement import Need
from devenv.emulator.iam.resource_policies import ANYONE, allows
from devenv.emulator.iam.s3_needs import s3_needs

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
OF_OBJECT = {"s3:GetObject": "READ", "s3:GetObjectVersion": "READ", "s3:GetObjectAcl": "READ_ACP"}
"""Actions that an object's ACL may grant, and by which permission."""
OF_BUCKET = {
    "s3:ListBucket": "READ",
    "s3:ListBucketVersions": "READ",
    "s3:ListBucketMultipartUploads": "READ",
    "s3:PutObject": "WRITE",
    "s3:DeleteObject": "WRITE",
    "s3:GetBucketAcl": "READ_ACP",
}


def is_public(operation: str, parameters: Mapping[str, Any]) -> bool:
    """Whether an S3 operation is allowed to everybody."""
    bucket = find_bucket(parameters.get("Bucket"))
    if bucket is None:
        return False
    required = s3_needs(operation, parameters)
    return bool(required) and all(_is_allowed(bucket, need, parameters) for need in required)


def find_bucket(name: object) -> Any:
    """LocalStack's model of a bucket; None if there's no such bucket."""
    from localstack.services.plugins import SERVICE_PLUGINS
    from localstack.services.s3.models import s3_stores

    SERVICE_PLUGINS.require("s3")  # It reads its buckets from disk when it's first asked.
    for account in list(s3_stores):
        for region in list(s3_stores[account]):
            if (bucket := s3_stores[account][region].buckets.get(name)) is not None:
                return bucket
    return None


def _is_allowed(bucket: Any, need: Need, parameters: Mapping[str, Any]) -> bool:
    blocked = bucket.public_access_block or {}
    if not blocked.get("RestrictPublicBuckets") and bucket.policy:
        try:
            if allows(bucket.policy, ANYONE, need.action, need.resource, Context({})):
                return True
        except Unsupported:
            return False
    return not blocked.get("IgnorePublicAcls") and _acl_grants(bucket, need, parameters)


def _acl_grants(bucket: Any, need: Need, parameters: Mapping[str, Any]) -> bool:
    if need.action in OF_BUCKET:
        return grants_everybody(bucket.acl, OF_BUCKET[need.action])
    if need.action not in OF_OBJECT:
        return False
    version = parameters.get("VersionId")
    name = (parameters.get("Key"), version) if version else (parameters.get("Key"),)
    acl = getattr(bucket.objects.get(*name), "acl", None)
    return grants_everybody(acl, OF_OBJECT[need.action])


def grants_everybody(acl: Mapping[str, Any] | None, permission: str) -> bool:
    """Whether an access control list grants a permission to the group of all users."""
    return any(
        (grant.get("Grantee") or {}).get("URI") == ALL_USERS
        and grant.get("Permission") in (permission, "FULL_CONTROL")
        for grant in (acl or {}).get("Grants") or ()
    )
