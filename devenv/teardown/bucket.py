"""A bucket's contents, versions included: how much there is, and its end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from devenv.aws import Aws
from devenv.errors import DevenvError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


def bucket_size(name: str, aws: Aws) -> str:
    """In words: all versions of all objects."""
    count = sum(len(page) for page in _pages(name, aws))
    return f"{count} object{'' if count == 1 else 's'}"


def empty_bucket(name: str, aws: Aws) -> None:
    """Delete every version and delete marker. Raises `DevenvError` for what S3 keeps."""
    for page in _pages(name, aws):
        answer = aws.s3.delete_objects(Bucket=name, Delete={"Objects": page, "Quiet": True})
        for error in answer.get("Errors", []):
            raise DevenvError(
                f"S3 at {aws.endpoint} keeps {error.get('Key')} of bucket {name}: "
                f"{error.get('Message')}. Remove what protects it, then try again."
            )


def _pages(name: str, aws: Aws) -> Iterator[list["ObjectIdentifierTypeDef"]]:
    """Up to 1,000 versions each, which is as many as one request deletes."""
    for page in aws.s3.get_paginator("list_object_versions").paginate(Bucket=name):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            yield [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions]
