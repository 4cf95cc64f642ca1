"""What the mapping gave up: the failure queue's messages, with the data that they don't hold.

A message names shard and sequence numbers. Its records are read back from the stream, as long as it
keeps them. Source of the message's form:
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.consumer import INTERVAL, Read, Start
from devenv.readers.failure_queue import holding
from devenv.readers.records import Record, decoded

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST = 1000
"""Messages that are looked at by default."""
SPARE = 100
"""Records that are read at a time, at least: others may lie between those that were given up."""


class Data(StrEnum):
    """What is left of the records in the stream."""

    WHOLE = "WHOLE"
    PART = "PART"
    """Some have expired."""
    EXPIRED = "EXPIRED"
    """All have."""
    AMBIGUOUS = "AMBIGUOUS"
    """More lie between the first and the last than were given up."""
    GONE = "GONE"
    """Stream or shard."""


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """What a message says."""

    id: str
    """The message's."""
    sent: datetime
    condition: str
    """RetryAttemptsExhausted or RecordAgeExceeded."""
    function: str
    """ARN."""
    request_id: str | None
    """Of the last invocation."""
    attempts: int
    error: str | None
    """`Unhandled` for an exception; None for a response that named failures."""
    stream_arn: str
    shard_id: str
    first_sequence_number: str
    last_sequence_number: str
    count: int
    first_arrived: str
    last_arrived: str

    @property
    def stream(self) -> str:
        return self.stream_arn.rpartition("/")[2]

    def covers(self, sequence_number: str) -> bool:
        first, last = int(self.first_sequence_number), int(self.last_sequence_number)
        return first <= int(sequence_number) <= last


@dataclass(frozen=True, kw_only=True)
class Failure(GivenUp):
    """With what the stream still holds."""

    data: Data
    why: str | None
    """Where not all of it is there, or too much: a sentence."""
    records: tuple[Record, ...] = field(repr=False)


@dataclass(frozen=True)
class Foreign:
    """A message that isn't about records which were given up."""

    id: str
    sent: datetime
    body: str


def read_failures(
    queue: str, aws: Aws, most: int = MOST, sleep: Callable[[float], None] = time.sleep
) -> list[Failure | Foreign]:
    """The messages, by when they were sent. Raises `NotFound` if there's no such queue."""
    return [
        each if isinstance(each, Foreign) else with_data(each, aws, sleep)
        for each in read_messages(queue, aws, most)
    ]


def read_messages(queue: str, aws: Aws, most: int = MOST) -> list[GivenUp | Foreign]:
    """The same without the data."""
    with holding(queue, aws) as messages:
        found = [message_of(each) for each in messages.take(most)]
    return sorted(found, key=lambda each: each.sent)


def message_of(message: "MessageTypeDef") -> GivenUp | Foreign:
    """What a message of SQS says."""
    id, body = message.get("MessageId", ""), message.get("Body", "")
    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    moment = datetime.fromtimestamp(sent / 1000, UTC)
    try:
        content = json.loads(body)
        request, info = content["requestContext"], content["KinesisBatchInfo"]
        return GivenUp(
            id=id,
            sent=moment,
            condition=request["condition"],
            function=request["functionArn"],
            request_id=request.get("requestId"),
            attempts=request["approximateInvokeCount"],
            error=(content.get("responseContext") or {}).get("functionError"),
            stream_arn=info["streamArn"],
            shard_id=info["shardId"],
            first_sequence_number=str(int(info["startSequenceNumber"])),
            last_sequence_number=str(int(info["endSequenceNumber"])),
            count=info["batchSize"],
            first_arrived=info["approximateArrivalOfFirstRecord"],
            last_arrived=info["approximateArrivalOfLastRecord"],
        )
    except (ValueError, TypeError, LookupError, AttributeError):
        return Foreign(id, moment, body)


def with_data(given_up: GivenUp, aws: Aws, sleep: Callable[[float], None] = time.sleep) -> Failure:
    """Read back what was given up."""
    try:
        records = tuple(_between(given_up, aws, sleep))
    except ClientError as error:
        if error_code(error) not in NOT_FOUND | {"InvalidArgumentException"}:
            raise
        why = (
            f"{given_up.shard_id} of {given_up.stream} is gone, or is another one's by now: its "
            "records can't be read any more."
        )
        return Failure(**vars(given_up), data=Data.GONE, why=why, records=())
    data, why_ = _judged(given_up, records)
    return Failure(**vars(given_up), data=data, why=why_, records=records)


def _judged(given_up: GivenUp, records: Sequence[Record]) -> tuple[Data, str | None]:
    count, found, stream = given_up.count, len(records), given_up.stream
    if found == count:
        return Data.WHOLE, None
    if found == 0:
        return Data.EXPIRED, f"{stream} doesn't keep them any more."
    if found < count:
        return Data.PART, f"{stream} keeps only {found} of {count} any more."
    return Data.AMBIGUOUS, (
        f"{count} of these {found} were given up. Which ones isn't told: the mapping has a filter, "
        "or a ParallelizationFactor."
    )


def _between(given_up: GivenUp, aws: Aws, sleep: Callable[[float], None]) -> Iterator[Record]:
    """The records from the first to the last, as far as they are there."""
    start = Start("AT_SEQUENCE_NUMBER", given_up.first_sequence_number)
    asked = start.of(given_up.stream, given_up.shard_id)
    iterator: str | None = aws.kinesis.get_shard_iterator(**asked)["ShardIterator"]
    last = int(given_up.last_sequence_number)
    one = given_up.first_sequence_number == given_up.last_sequence_number
    while iterator is not None:
        try:
            page = aws.kinesis.get_records(
                ShardIterator=iterator, Limit=1 if one else max(given_up.count, SPARE)
            )
        except ClientError as error:
            if error_code(error) != "ProvisionedThroughputExceededException":
                raise
            sleep(INTERVAL)
            continue
        for record in page["Records"]:
            if int(record["SequenceNumber"]) > last:
                return
            yield decoded(given_up.stream, _read(given_up.shard_id, record))
            if int(record["SequenceNumber"]) == last:
                return
        if not page["Records"] and not page["MillisBehindLatest"]:
            return
        iterator = page.get("NextShardIterator")


def _read(shard_id: str, record: Any) -> Read:
    return Read(
        shard_id,
        record["SequenceNumber"],
        record["PartitionKey"],
        record["Data"],
        record["ApproximateArrivalTimestamp"],
    )
