"""Whose account it is that requests go to, and what of the system is billed there.

No prices: they differ by region and change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from devenv.aws import Aws
from devenv.bootstrap.function import MEMORY_MB
from devenv.output import counted
from devenv.settings import Settings


@dataclass(frozen=True)
class Account:
    """Who asks, and where."""

    id: str
    arn: str
    """Of the user or role that the credentials are for."""
    region: str

    def __str__(self) -> str:
        return f"account {self.id}, region {self.region}, as {self.arn}"


def whose(aws: Aws) -> Account:
    """Ask STS. Raises boto3's errors for credentials that aren't valid."""
    region = aws.kinesis.meta.region_name  # First: without one it says so better than STS.
    found = aws.sts.get_caller_identity()
    return Account(found["Account"], found["Arn"], region)


def billed_for_bootstrap(settings: Settings) -> Sequence[str]:
    """What the bootstrap makes, by what AWS bills for it."""
    shards = counted(settings.shard_count, "shard")
    return (
        f"Kinesis  2 streams of {shards} each: every hour that they exist, and what is put",
        f"Lambda   {settings.function_name}: requests, and seconds at {MEMORY_MB} MB",
        f"S3       bucket {settings.model_bucket}: what is stored, and requests",
        f"ECR      repository {settings.image_repository}: what is stored",
        "Logs     what the function writes, and keeping it",
        "SQS      requests",
    )


def billed_for_publish(settings: Settings) -> Sequence[str]:
    return (
        f"ECR      repository {settings.image_repository}: each image that is stored, by its size",
    )
