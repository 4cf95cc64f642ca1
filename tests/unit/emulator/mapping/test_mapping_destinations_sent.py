"""Sending to on-failure destinations: what each service gets, and what is said of failures."""

import json
import logging
from typing import Any

import pytest
from fake_shard import records

from devenv.emulator.mapping.destinations import ATTEMPTS, Discarded, send

TOPIC = "arn:aws:sns:us-east-1:000000000000:failures"
BUCKET = "arn:aws:s3:::failures"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
ROLE = "arn:aws:iam::000000000000:role/r"


class Client:
    """Notes what is sent by it; the first `failures` calls fail."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[dict[str, Any]] = []
        self.made_for: list[tuple[str, str, str]] = []
        self._failures = failures

    def make(self, destination: str, function_arn: str, role: str) -> "Client":
        self.made_for.append((destination, function_arn, role))
        return self

    def publish(self, **request: Any) -> None:
        if self._failures:
            self._failures -= 1
            raise RuntimeError("the service is away")
        self.sent.append(request)

    put_object = publish


def discarded() -> Discarded:
    return Discarded(
        records=records(2),
        condition="RetryAttemptsExhausted",
        attempts=3,
        function_arn=FUNCTION,
        stream_arn="arn:aws:kinesis:us-east-1:000000000000:stream/s",
        shard_id="shardId-000000000000",
        moment=1_700_000_000.0,
        request_id="request",
    )


def test_a_topic_gets_the_message() -> None:
    """By a client that acts as the function's role."""
    client = Client()
    send(TOPIC, "mapping", discarded(), ROLE, client.make)
    ((sent,), (made,)) = client.sent, client.made_for
    assert made == (TOPIC, FUNCTION, ROLE)
    assert sent["TopicArn"] == TOPIC
    message = json.loads(sent["Message"])
    assert message["KinesisBatchInfo"]["batchSize"] == 2
    assert "payload" not in message


def test_a_bucket_gets_the_records_too() -> None:
    """Under a key with mapping, shard and time."""
    client = Client()
    send(BUCKET, "mapping", discarded(), ROLE, client.make)
    (sent,) = client.sent
    assert sent["Bucket"] == "failures"
    assert sent["Key"].startswith("aws/lambda/mapping/shardId-000000000000/2023/11/14/")
    events = b",".join(record.event for record in discarded().records)
    assert sent["Body"].endswith(b', "payload": {"Records": [' + events + b"]}}")


def test_a_failure_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said of one that went well in the end."""
    client = Client(failures=ATTEMPTS - 1)
    send(TOPIC, "mapping", discarded(), ROLE, client.make)
    assert len(client.sent) == 1
    assert caplog.messages == []


def test_what_can_not_be_sent_is_named_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """With the records, the destination, the reason and what to look at; nothing is raised."""
    caplog.set_level(logging.INFO)
    send(TOPIC, "mapping", discarded(), ROLE, Client(failures=ATTEMPTS).make)
    (line,) = caplog.messages
    for words in ("2 records", TOPIC, "the service is away", "role"):
        assert words in line
