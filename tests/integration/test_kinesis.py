"""The emulator's Kinesis over the wire: boto3 on one side, LocalStack on the other."""

import gzip
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devenv.aws import Aws
from devenv.settings import Settings

from .kinesis_requests import JSON, post

pytestmark = pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)


@pytest.fixture
def kinesis(system: Settings, aws: Aws) -> Any:
    return aws.kinesis


@pytest.fixture
def stream(kinesis: Any) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=2)
    yield name
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def read_all(kinesis: Any, stream: str) -> list[dict[str, Any]]:
    found = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += kinesis.get_records(ShardIterator=iterator)["Records"]
    return found


def test_what_is_put_is_read(kinesis: Any, stream: str) -> None:
    data = {bytes([number]) * 3 for number in range(256)}
    records = [{"Data": item, "PartitionKey": item.hex()} for item in data]
    answer = kinesis.put_records(StreamName=stream, Records=records)
    kinesis.put_record(StreamName=stream, Data="ü", PartitionKey="ü")
    read = read_all(kinesis, stream)
    assert answer["FailedRecordCount"] == 0
    assert {record["Data"] for record in read} == data | {"ü".encode()}
    assert "ü" in {record["PartitionKey"] for record in read}
    age = datetime.now(UTC) - read[0]["ApproximateArrivalTimestamp"]
    assert 0 <= age.total_seconds() < 60


def test_everything_works_by_arn(kinesis: Any, stream: str) -> None:
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    arn = summary["StreamARN"]
    kinesis.put_record(StreamARN=arn, Data=b"x", PartitionKey="k")
    description = kinesis.describe_stream(StreamARN=arn)["StreamDescription"]
    assert description["StreamName"] == stream
    assert description["StreamStatus"] == "ACTIVE"
    assert len(kinesis.list_shards(StreamARN=arn)["Shards"]) == 2
    kinesis.add_tags_to_stream(StreamARN=arn, Tags={"a": "b"})
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_errors_have_their_types_in_boto3(kinesis: Any, stream: str) -> None:
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.describe_stream(StreamName="not-there")
    with pytest.raises(kinesis.exceptions.ResourceInUseException):
        kinesis.create_stream(StreamName=stream, ShardCount=1)
    with pytest.raises(kinesis.exceptions.InvalidArgumentException, match="Invalid ShardIterator"):
        kinesis.get_records(ShardIterator="garbage")
    with pytest.raises(kinesis.exceptions.LimitExceededException):
        kinesis.create_stream(StreamName="absurd", ShardCount=10**9)


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html"
)
def test_a_split_shard_leads_its_readers_to_its_children(kinesis: Any, stream: str) -> None:
    parent = kinesis.list_shards(StreamName=stream)["Shards"][0]
    kinesis.put_record(StreamName=stream, Data=b"old", PartitionKey="a")
    middle = str(int(parent["HashKeyRange"]["EndingHashKey"]) // 2)
    kinesis.split_shard(
        StreamName=stream, ShardToSplit=parent["ShardId"], NewStartingHashKey=middle
    )
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=parent["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    page = kinesis.get_records(ShardIterator=iterator)
    assert [record["Data"] for record in page["Records"]] == [b"old"]
    assert "NextShardIterator" not in page
    assert [child["ParentShards"] for child in page["ChildShards"]] == [[parent["ShardId"]]] * 2


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html"
)
def test_a_subscription_gets_records_and_is_not_repeated_at_once(kinesis: Any, stream: str) -> None:
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
        "StreamARN"
    ]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    kinesis.put_record(StreamName=stream, Data=b"pushed", PartitionKey="a")
    arguments = {
        "ConsumerARN": consumer["ConsumerARN"],
        "ShardId": "shardId-000000000000",
        "StartingPosition": {"Type": "TRIM_HORIZON"},
    }
    events = kinesis.subscribe_to_shard(**arguments)["EventStream"]
    try:
        event = next(iter(events))["SubscribeToShardEvent"]
        assert [record["Data"] for record in event["Records"]] == [b"pushed"]
        assert len(event["ContinuationSequenceNumber"]) == 56
        with pytest.raises(kinesis.exceptions.ResourceInUseException):
            kinesis.subscribe_to_shard(**arguments)
    finally:
        events.close()


@pytest.mark.evidence("recorded", "https://github.com/mhart/kinesalite/tree/master/test")
@pytest.mark.parametrize(
    "body",
    [b"not json", b"[]", b'{"StreamName": 1}', b'{"StreamName": {}, "Records": 7}', b"\xff\x00"],
)
def test_wrong_types_are_never_500(system: Settings, body: bytes) -> None:
    for operation in ("PutRecords", "CreateStream", "GetRecords", "SubscribeToShard"):
        status, answer = post(system, operation, body, JSON)
        assert status == 400
        assert json.loads(answer)["__type"] in ("SerializationException", "ValidationException")


@pytest.mark.evidence("inference", "a body that can't be read is the sender's fault")
def test_a_body_with_a_wrong_label_is_never_500(system: Settings, stream: str) -> None:
    """Packed bodies are taken; one that isn't packed, or is damaged, is the sender's fault."""
    body = json.dumps({"StreamName": stream}).encode()
    packed = gzip.compress(body)
    status, answer = post(system, "DescribeStreamSummary", packed, JSON, encoding="gzip")
    assert (status, json.loads(answer).keys()) == (200, {"StreamDescriptionSummary"})
    for wrong in (body, packed[:20]):
        status, answer = post(system, "DescribeStreamSummary", wrong, JSON, encoding="gzip")
        assert status == 400
        assert json.loads(answer) == {
            "__type": "SerializationException",
            "Message": "The request body is not gzip, as its Content-Encoding says.",
        }


@pytest.mark.evidence("inference", "the emulator's own")
def test_what_is_not_implemented_names_itself(system: Settings, kinesis: Any) -> None:
    with pytest.raises(ClientError, match="DescribeAccountSettings is not implemented"):
        kinesis.describe_account_settings()
