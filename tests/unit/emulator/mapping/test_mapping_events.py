"""The event's JSON, and the on-failure destination's message."""

import base64
import json

import pytest
from fake_shard import ARN, FUNCTION

from devenv.emulator.kinesis.records.sequence_numbers import parse
from devenv.emulator.kinesis.records.storage import Stored
from devenv.emulator.kinesis.streams.hash_keys import HashKeyRange
from devenv.emulator.kinesis.streams.model import Shard
from devenv.emulator.mapping.destinations import Discarded, message, object_key
from devenv.emulator.mapping.events import Encoder, Record, payload
from devenv.emulator.mapping.filters import Filters
from devenv.emulator.mapping.windows import Window

SHARD = Shard(3, 7, HashKeyRange(0, 1), 1_795_000_000, 0.0)
ROLE = "arn:aws:iam::000000000000:role/100%"
ENCODER = Encoder(SHARD, ARN, "us-east-1", ROLE)


def stored(data: bytes, key: str = "k") -> Stored:
    return Stored(5, 1_795_000_001_042, key, data)


def test_a_record_as_aws_sends_it() -> None:
    record = ENCODER.record(stored(b'\x00"', 'a"\n→'))
    [event] = json.loads(payload([record]))["Records"]
    number = event["kinesis"]["sequenceNumber"]
    assert event == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": 'a"\n→',
            "sequenceNumber": number,
            "data": base64.b64encode(b'\x00"').decode(),
            "approximateArrivalTimestamp": 1_795_000_001.042,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000003:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "us-east-1",
        "eventSourceARN": ARN,
    }
    parsed = parse(number)
    assert parsed is not None
    assert (parsed.shard, parsed.position) == (3, 5)


def test_a_windows_members_stand_beside_the_records() -> None:
    window = Window(1_795_000_000, 60, {"n": 1})
    event = json.loads(payload([], window.members(SHARD.id, ARN, final=True)))
    assert event == {
        "Records": [],
        "window": {"start": "2026-11-18T11:06:40Z", "end": "2026-11-18T11:07:40Z"},
        "state": {"n": 1},
        "shardId": "shardId-000000000003",
        "eventSourceARN": ARN,
        "isFinalInvokeForWindow": True,
        "isWindowTerminatedEarly": False,
    }


DISCARDED = Discarded(
    [Record(1, 1_795_000_000_000, "11", b"{}"), Record(2, 1_795_000_001_500, "12", b"{}")],
    "RetryAttemptsExhausted",
    3,
    FUNCTION,
    ARN,
    "shardId-000000000000",
    1_795_000_002.25,
    "request",
    "$LATEST",
    "Unhandled",
)


def test_the_failure_message_as_aws_sends_it() -> None:
    assert message(DISCARDED) == {
        "requestContext": {
            "requestId": "request",
            "functionArn": FUNCTION,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": "2026-11-18T11:06:42.250Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": "11",
            "endSequenceNumber": "12",
            "approximateArrivalOfFirstRecord": "2026-11-18T11:06:40.000Z",
            "approximateArrivalOfLastRecord": "2026-11-18T11:06:41.500Z",
            "batchSize": 2,
            "streamArn": ARN,
        },
    }


def test_the_objects_key_as_aws_names_it() -> None:
    key = object_key("ID", DISCARDED)
    prefix = "aws/lambda/ID/shardId-000000000000/2026/11/18/2026-11-18T11.06.42-"
    assert key.startswith(prefix)
    assert len(key) == len(prefix) + 36


@pytest.mark.parametrize(
    ("patterns", "data", "passes"),
    [
        (['{"data": {"kind": ["a"]}}'], b'{"kind": "a"}', True),
        (['{"data": {"kind": ["a"]}}'], b'{"kind": "b"}', False),
        (['{"data": {"kind": ["a"]}}', '{"data": {"n": [{"numeric": [">", 5]}]}}'], b'{"n": 6}', 1),
        (['{"data": {"kind": ["a"]}}'], b"not json", False),
        (['{"data": {"kind": ["a"]}}'], b'["a"]', False),
        (['{"kinesis": {"partitionKey": ["k"]}}'], b"not json", True),
        (['{"kinesis": {"partitionKey": ["other"]}}'], b"{}", False),
    ],
)
def test_filters(patterns: list[str], data: bytes, passes: bool) -> None:
    found = stored(data)
    assert Filters(patterns).passes(found, ENCODER.record(found)) == bool(passes)
