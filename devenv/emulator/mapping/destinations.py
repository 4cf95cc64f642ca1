"""On-failure destinations: the message about discarded records, and sending it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from localstack.aws.connect import connect_to
from localstack.services.lambda_.event_source_mapping.pipe_utils import get_internal_client

from devenv.emulator.mapping.events import Record

log = logging.getLogger(__name__)

ATTEMPTS = 3


@dataclass(frozen=True)
class Discarded:
    """Records that the function won't get again, and why."""

    records: Sequence[Record]
    condition: str
    attempts: int
    function_arn: str
    stream_arn: str
    shard_id: str
    moment: float
    request_id: str | None = None
    """Of the last invocation; None if there was none."""
    version: str | None = None
    function_error: str | None = None


def message(discarded: Discarded) -> dict[str, Any]:
    """Return the message as SQS and SNS get it."""
    first, last = discarded.records[0], discarded.records[-1]
    content: dict[str, Any] = {
        "requestContext": {
            "requestId": discarded.request_id or str(uuid.uuid4()),
            "functionArn": discarded.function_arn,
            "condition": discarded.condition,
            "approximateInvokeCount": discarded.attempts,
        }
    }
    if discarded.version is not None:
        content["responseContext"] = {
            "statusCode": 200,
            "executedVersion": discarded.version,
            "functionError": discarded.function_error,
        }
    return content | {
        "version": "1.0",
        "timestamp": _time(discarded.moment),
        "KinesisBatchInfo": {
            "shardId": discarded.shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": _time(first.arrived / 1000),
            "approximateArrivalOfLastRecord": _time(last.arrived / 1000),
            "batchSize": len(discarded.records),
            "streamArn": discarded.stream_arn,
        },
    }


def object_key(mapping_id: str, discarded: Discarded) -> str:
    """Return the key that the message gets in a bucket."""
    moment = datetime.fromtimestamp(discarded.moment, UTC)
    return (
        f"aws/lambda/{mapping_id}/{discarded.shard_id}/{moment:%Y/%m/%d}/"
        f"{moment:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    )


class Destination(Protocol):
    """A service that takes messages about discarded records."""

    def send(self, client: Any, arn: str, mapping_id: str, discarded: Discarded) -> None:
        """Send the message to `arn` with `client`, which acts as the function's role."""
        ...


class SqsQueue:
    def send(self, client: Any, arn: str, mapping_id: str, discarded: Discarded) -> None:
        body = json.dumps(message(discarded))
        client.send_message(QueueUrl=_queue_url(arn), MessageBody=body)


class SnsTopic:
    def send(self, client: Any, arn: str, mapping_id: str, discarded: Discarded) -> None:
        client.publish(TopicArn=arn, Message=json.dumps(message(discarded)))


class S3Bucket:
    """Gets the whole invocation record: the records themselves beside the message."""

    def send(self, client: Any, arn: str, mapping_id: str, discarded: Discarded) -> None:
        events = b",".join(record.event for record in discarded.records)
        head = json.dumps(message(discarded))[:-1].encode()
        client.put_object(
            Bucket=arn.split(":::")[-1],
            Key=object_key(mapping_id, discarded),
            Body=head + b', "payload": {"Records": [' + events + b"]}}",
        )


DESTINATIONS: dict[str, Destination] = {"sqs": SqsQueue(), "sns": SnsTopic(), "s3": S3Bucket()}
"""By the service in the destination's ARN."""


def send(
    destination: str,
    mapping_id: str,
    discarded: Discarded,
    role: str,
    make_client: Callable[[str, str, str], Any] | None = None,
) -> bool:
    """Send the message, or log that it can't be sent: the shard goes on either way, as on AWS.
    Whether it was sent."""
    service = DESTINATIONS[destination.split(":")[2]]
    for attempt in range(ATTEMPTS):
        try:
            client = (make_client or _client)(destination, discarded.function_arn, role)
            service.send(client, destination, mapping_id, discarded)
        except Exception as e:  # Whatever the destination's service answers with.
            problem = e
            log.debug("Destination %s, attempt %d", destination, attempt + 1, exc_info=True)
        else:
            return True
    log.error(
        "%d records of %s, %s to %s, are lost to the on-failure destination %s: %s. Does it exist, "
        "and does the function's role allow to send there?",
        len(discarded.records),
        discarded.shard_id,
        discarded.records[0].sequence_number,
        discarded.records[-1].sequence_number,
        destination,
        problem,
    )
    return False


@lru_cache(64)
def _queue_url(arn: str) -> str:
    """Lambda needs sqs:SendMessage alone: it knows the queue's URL without asking as the role."""
    region, account, name = arn.split(":")[3:6]
    sqs = connect_to(region_name=region, aws_access_key_id=account).sqs
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


@lru_cache(64)
def _client(destination: str, function_arn: str, role: str) -> Any:
    """As the function's role, whose permission AWS asks for too. A session is kept: what its role
    may do is looked up for each request."""
    make: Callable[..., Any] = get_internal_client
    arn = destination
    if not arn.split(":")[3]:  # A bucket's ARN says neither region nor account.
        region, account = function_arn.split(":")[3:5]
        arn = f"arn:aws:s3:{region}:{account}:bucket"
    return make(arn, role_arn=role, service_principal="lambda", source_arn=function_arn)


def _time(moment: float) -> str:
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
