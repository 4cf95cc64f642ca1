"""The event, and where it comes from"""

import base64
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Map
from .refusals import refused
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"
)
GUIDE = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html"
)


@pytest.fixture(scope="module")
def delivered(module_cloud: Cloud, witness: str) -> tuple[Source, str, dict[str, Any]]:
    """A stream, the sequence number of its record, and the event that the function got."""
    source = module_cloud.source()
    (sequence,) = source.put(b"\x00\xff not JSON", key="ключ")
    module_cloud.map(witness, source.arn)
    return source, sequence, source.watch.until(bool, "the record")[0].event


Delivery = tuple[Source, str, dict[str, Any]]


def test_records(delivered: Delivery) -> None:
    """The event is Records and nothing else"""
    assert set(delivered[2]) == {"Records"}
    assert len(delivered[2]["Records"]) == 1


def test_record(delivered: Delivery, role: str) -> None:
    """A record has eventSource, eventVersion, eventID (SHARD:SEQ), eventName, invokeIdentityArn
    (the function's role), awsRegion and eventSourceARN"""
    source, sequence, event = delivered
    record = dict(event["Records"][0])
    del record["kinesis"]
    assert record == {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": source.arn.split(":")[3],
        "eventSourceARN": source.arn,
    }


def test_kinesis(delivered: Delivery) -> None:
    """Its kinesis part has kinesisSchemaVersion, partitionKey, sequenceNumber, data (base64) and
    approximateArrivalTimestamp"""
    _, sequence, event = delivered
    kinesis = dict(event["Records"][0]["kinesis"])
    arrival = kinesis.pop("approximateArrivalTimestamp")
    assert isinstance(arrival, float)
    assert abs(time.time() - arrival) < 600
    assert kinesis == {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "ключ",
        "sequenceNumber": sequence,
        "data": base64.b64encode(b"\x00\xff not JSON").decode(),
    }


@pytest.fixture
def consumer(cloud: Cloud, source: Source) -> str:
    """The ARN of an enhanced fan-out consumer, once it is ACTIVE."""
    made = cloud.kinesis.register_stream_consumer(StreamARN=source.arn, ConsumerName="fan-out")
    arn = str(made["Consumer"]["ConsumerARN"])

    def active() -> bool:
        answer = cloud.kinesis.describe_stream_consumer(ConsumerARN=arn)
        return bool(answer["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE")

    cloud.wait(active, "the consumer is ACTIVE")
    return arn


@pytest.mark.evidence("model", "https://github.com/boto/botocore/tree/develop/botocore/data/lambda")
def test_consumer(source: Source, consumer: str, map_to_witness: Map) -> None:
    """The source may be a consumer's ARN"""
    source.put(1)
    map_to_witness(consumer)
    source.watch.until_ids(1)
    source.put(2)
    seen = source.watch.until_ids(2)
    assert [one.ids for one in seen] == [[1], [2]]


@pytest.mark.evidence("inference", "the mapping's EventSourceArn is the consumer's")
def test_consumer_event(source: Source, consumer: str, map_to_witness: Map) -> None:
    """From a consumer, eventSourceARN is the consumer's"""
    source.put(1)
    map_to_witness(consumer)
    seen = source.watch.until_ids(1)
    assert seen[0].event["Records"][0]["eventSourceARN"] == consumer


READING = {
    *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords"),
    *("kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"),
    "kinesis:SubscribeToShard",
}


@GUIDE
def test_managed_policy(cloud: Cloud) -> None:
    """AWSLambdaKinesisExecutionRole covers reading and logs only, not PutRecord"""
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
    policy = cloud.iam.get_policy(PolicyArn=arn)["Policy"]
    version = policy["DefaultVersionId"]
    found = cloud.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    statements = found["Document"]["Statement"]
    actions = {action for statement in statements for action in statement["Action"]}
    assert actions >= READING
    assert not [action for action in actions if re.search(r":Put(?!LogEvents)|\*", action)]


@GUIDE
def test_role_required(cloud: Cloud, source: Source) -> None:
    """A function whose role may not read the stream can't be mapped to it"""
    function = cloud.function(cloud.role(reads_streams=False))
    with refused("InvalidParameterValueException"):
        cloud.map(function, source.arn)


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
)
def test_iterator_age(cloud: Cloud, source: Source, witness: str, map_to_witness: Map) -> None:
    """The function's IteratorAge is in CloudWatch"""
    if cloud.on_aws:
        pytest.skip("AWS publishes metrics minutes later")
    map_to_witness(source)
    source.put(1)
    source.watch.until_ids(1)
    metrics, now = cloud.client("cloudwatch"), datetime.now(UTC)

    def published() -> list[Any]:
        answer = metrics.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="IteratorAge",
            Dimensions=[{"Name": "FunctionName", "Value": witness}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=60,
            Statistics=["Maximum"],
        )
        return list(answer["Datapoints"])

    cloud.wait(published, "IteratorAge is published")
