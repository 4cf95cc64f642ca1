"""Failure destinations"""

import json
import re
from typing import Any

import pytest

from .cloud import Cloud
from .failures import next_failure
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"
)
RECORDED = pytest.mark.evidence(
    "recorded",
    "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_/event_source_mapping",
)

MAPPED = {"BatchSize": 1, "MaximumRetryAttempts": 0}


def fail(cloud: Cloud, witness: str, destination: str) -> tuple[Source, str, str]:
    """Have one record fail; its stream, the mapping's UUID and the record's number."""
    source = cloud.source()
    (sequence,) = source.put({"id": "poison", "do": {"raise": "poison"}})
    config = {"OnFailure": {"Destination": destination}}
    answer = cloud.map(witness, source.arn, DestinationConfig=config, **MAPPED)
    return source, answer["UUID"], sequence


@RECORDED
def test_sqs(cloud: Cloud, witness: str) -> None:
    """SQS: a message whose body is the failure record"""
    queue = cloud.queue()
    source, _, sequence = fail(cloud, witness, queue.arn)
    assert_about(next_failure(queue, cloud.patience), source, sequence)


@RECORDED
def test_sns(cloud: Cloud, witness: str) -> None:
    """SNS: a notification whose message is the failure record"""
    topic, queue = cloud.topic(), cloud.queue()
    allow = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
    }
    cloud.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": json.dumps(allow)})
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    source, _, sequence = fail(cloud, witness, topic)
    notification = next_failure(queue, cloud.patience)
    assert_about(json.loads(notification["Message"]), source, sequence)


S3Failure = tuple[Source, str, str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def in_s3(module_cloud: Cloud, witness: str) -> S3Failure:
    """A failure sent to S3: stream, mapping, record's number, object's key and content."""
    bucket = module_cloud.bucket()
    source, uuid, sequence = fail(module_cloud, witness, f"arn:aws:s3:::{bucket}")
    keys: list[str] = []

    def arrived() -> list[str]:
        listed = module_cloud.s3.list_objects_v2(Bucket=bucket)
        keys[:] = [entry["Key"] for entry in listed.get("Contents", [])]
        return keys

    module_cloud.wait(arrived, "an object in the bucket")
    body = module_cloud.s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read()
    return source, uuid, sequence, keys[0], json.loads(body)


def test_s3(in_s3: S3Failure) -> None:
    """S3: an object with the failure record"""
    source, _, sequence, _, failure = in_s3
    assert_about(failure, source, sequence)


def test_s3_payload(in_s3: S3Failure) -> None:
    """S3: the object has the event's records besides, in payload.Records"""
    source, _, sequence, _, failure = in_s3
    (record,) = failure["payload"]["Records"]
    assert record["kinesis"]["sequenceNumber"] == sequence
    assert record["eventSourceARN"] == source.arn


def test_s3_key(in_s3: S3Failure) -> None:
    """S3: the key is aws/lambda/UUID/SHARD/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-RANDOM"""
    _, uuid, _, key, _ = in_s3
    pattern = rf"aws/lambda/{uuid}/shardId-0{{12}}/(\d{{4}})/(\d\d)/(\d\d)/"
    assert re.fullmatch(pattern + r"\1-\2-\3T\d\d\.\d\d\.\d\d-[0-9a-f-]{36}", key), key


def assert_about(failure: dict[str, Any], source: Source, sequence: str) -> None:
    info = failure["KinesisBatchInfo"]
    assert (info["streamArn"], info["startSequenceNumber"]) == (source.arn, sequence)
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
