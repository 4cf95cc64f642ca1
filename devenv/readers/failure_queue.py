"""The failure queue: its messages are held while they are looked at, and then given back.

SQS has no way of looking without taking: a message that was received is hidden from others for a
while, and is counted as received once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from devenv.aws import Aws, error_code
from devenv.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HELD = 120
"""Seconds for which messages are hidden from others, unless they are given back earlier."""
AT_ONCE = 10
WAIT_ON_AWS = 1
"""Seconds that a last look waits on AWS: without a wait it asks only some of SQS's servers."""


@dataclass
class HeldMessages:
    """Messages that this process has taken, and hasn't deleted."""

    aws: Aws
    url: str
    held: dict[str, str] = field(default_factory=dict)
    """Receipt handles by message id."""
    _seen: set[str] = field(default_factory=set)

    def take(self, most: int) -> "Iterator[MessageTypeDef]":
        """Take messages, each once, until there are no others, or `most` were taken."""
        while len(self._seen) < most:
            found = self.aws.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=min(AT_ONCE, most - len(self._seen)),
                VisibilityTimeout=HELD,
                WaitTimeSeconds=WAIT_ON_AWS if self.aws.is_aws else 0,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            ).get("Messages", [])
            new = [message for message in found if message["MessageId"] not in self._seen]
            self.held |= {message["MessageId"]: message["ReceiptHandle"] for message in found}
            self._seen |= {message["MessageId"] for message in new}
            if not new:
                return
            yield from new

    def delete(self, message_id: str) -> None:
        self.aws.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=self.held.pop(message_id))

    def give_back(self) -> None:
        """Have all others seen again at once."""
        for some in batched(self.held.values(), AT_ONCE, strict=False):
            self.aws.sqs.change_message_visibility_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for n, receipt in enumerate(some)
                ],
            )
        self.held.clear()


@contextmanager
def holding(queue: str, aws: Aws) -> Iterator[HeldMessages]:
    """The messages of a queue, given back at the end. Raises `NotFound` if there's no queue."""
    try:
        url = aws.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    except ClientError as error:
        if not error_code(error).endswith(("QueueDoesNotExist", "NonExistentQueue")):
            raise
        raise NotFound(
            f"There is no queue {queue} at {aws.endpoint}: FAILURE_QUEUE_NAME names it, and "
            "`devenv bootstrap` makes it."
        ) from error
    messages = HeldMessages(aws, url)
    try:
        yield messages
    finally:
        messages.give_back()
