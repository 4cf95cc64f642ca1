"""The SQS queue that is told of records which the mapping gave up.

A message names the records by shard and sequence numbers, and does not hold them: they can be read
from the input stream as long as it keeps them.
"""

from devenv.aws import Aws, error_code
from devenv.settings import Settings
from devenv.wait import wait_for

RETENTION_SECONDS = 14 * 24 * 3600
"""SQS's longest: who reads the queue comes later than the failure."""

NAME_TIMEOUT = 90.0
"""Seconds; SQS gives a deleted queue's name away again after 60."""

DELETED_RECENTLY = "QueueDeletedRecently"


def ensure_failure_queue(settings: Settings, aws: Aws) -> tuple[str, str]:
    """Make the queue if it's missing; return its ARN and what was found or made."""
    sqs, name = aws.sqs, settings.failure_queue
    try:
        url, done = sqs.get_queue_url(QueueName=name)["QueueUrl"], "there"
    except sqs.exceptions.QueueDoesNotExist:
        url, done = _create(settings, aws), "made"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return found["Attributes"]["QueueArn"], f"queue {name}: {done}"


def _create(settings: Settings, aws: Aws) -> str:
    """Create it, waiting for the name if a queue that had it was just deleted; its URL."""
    sqs, name = aws.sqs, settings.failure_queue

    def attempt() -> str | None:
        try:
            return sqs.create_queue(
                QueueName=name,
                Attributes={"MessageRetentionPeriod": str(RETENTION_SECONDS)},
                tags={"devenv": settings.function_name},
            )["QueueUrl"]
        except sqs.exceptions.ClientError as error:
            if error_code(error).endswith(DELETED_RECENTLY):
                return None
            raise

    return wait_for(
        attempt,
        timeout=NAME_TIMEOUT,
        interval=5,
        failure=f"SQS at {aws.endpoint} did not take the name {name} within {NAME_TIMEOUT:.0f} s, "
        "since a queue that had it was deleted. Run this again in a minute.",
    )
