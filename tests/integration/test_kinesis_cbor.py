"""CBOR, which AWS's SDKs for Java speak with Kinesis: blobs as they are, times in milliseconds."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import cbor2
import pytest

from devenv.settings import Settings

from .kinesis_requests import CBOR, post

pytestmark = pytest.mark.evidence("inference", "what the AWS SDK for Java sends and reads")

ARRIVAL = b"ApproximateArrivalTimestamp"
TAG_OF_TIMES = b"\xc1"
SHARD = "shardId-000000000000"

Call = Callable[..., Any]


@pytest.fixture
def call(system: Settings) -> Call:
    """Calls an operation and returns what it answers, times as milliseconds."""

    def call(operation: str, **request: Any) -> Any:
        status, answer = post(system, operation, cbor2.dumps(request), CBOR)
        assert status == 200, answer
        # Decoders take a time's number for seconds, as the standard has it. AWS means milliseconds.
        return cbor2.loads(answer.replace(ARRIVAL + TAG_OF_TIMES, ARRIVAL)) if answer else {}

    return call


@pytest.fixture
def stream(call: Call) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    call("CreateStream", StreamName=name, ShardCount=1)
    yield name
    call("DeleteStream", StreamName=name)


def read(call: Call, stream: str, **place: Any) -> list[Any]:
    answer = call("GetShardIterator", StreamName=stream, ShardId=SHARD, **place)
    return list(call("GetRecords", **answer)["Records"])


def test_what_is_put_is_read(call: Call, stream: str) -> None:
    data = [bytes(range(256)), b"", "ü".encode(), b"eins"]
    one = call("PutRecord", StreamName=stream, Data=data[0], PartitionKey="ü")
    many = call(
        "PutRecords",
        StreamName=stream,
        Records=[{"Data": each, "PartitionKey": "k"} for each in data[1:]],
    )
    assert (one["ShardId"], many["FailedRecordCount"]) == (SHARD, 0)
    records = read(call, stream, ShardIteratorType="TRIM_HORIZON")
    assert [record["Data"] for record in records] == data
    assert [record["PartitionKey"] for record in records] == ["ü", "k", "k", "k"]
    numbers = [answer["SequenceNumber"] for answer in [one, *many["Records"]]]
    assert [record["SequenceNumber"] for record in records] == numbers
    after = read(
        call,
        stream,
        ShardIteratorType="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber=numbers[2],
    )
    assert [record["Data"] for record in after] == [b"eins"]
    now = time.time() * 1000
    assert all(now - 60_000 < record[ARRIVAL.decode()] <= now for record in records)


@pytest.mark.parametrize("tagged", [True, False])
def test_at_timestamp_is_exact_to_the_millisecond(call: Call, stream: str, tagged: bool) -> None:
    """Java's SDK tags the number as a time; older ones didn't."""

    def arrival() -> int:
        call("PutRecord", StreamName=stream, Data=b"x", PartitionKey="k")
        records = read(call, stream, ShardIteratorType="TRIM_HORIZON")
        return int(records[-1][ARRIVAL.decode()])

    first = arrival()
    while (last := arrival()) == first:
        pass

    def count(moment: int) -> int:
        time_ = cbor2.CBORTag(1, moment) if tagged else moment
        return len(read(call, stream, ShardIteratorType="AT_TIMESTAMP", Timestamp=time_))

    everything = len(read(call, stream, ShardIteratorType="TRIM_HORIZON"))
    assert count(first) == everything
    assert count(first + 1) < everything
    assert count(last) == 1


@pytest.mark.parametrize(
    "request_", [{"StreamName": 1}, {"StreamName": ["s"]}, {}, {"StreamName": b"\xff"}]
)
def test_wrong_types_are_refused(system: Settings, request_: dict[str, Any]) -> None:
    status, _ = post(system, "CreateStream", cbor2.dumps(request_), CBOR)
    assert status == 400
