"""What the commands can tell on AWS, with moto in its place: from streams, queue and log alone. No
function runs there, so what one would have left behind is put there by the test; and what can't be
known is said."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto_aws import ACCOUNT, REGION, boto_session, forget_everything, moto_aws

from .conftest import Done, Shell, shell_in

FUNCTION = "ride-duration-prediction"
REQUEST = "8e274a96-37a7-4ac9-8cd1-fe53f79d0ff9"


class Cloud:
    """AWS with two streams, a failure queue and a log."""

    def __init__(self, shell: Shell, variables: dict[str, str]) -> None:
        self.shell, self.variables = shell, variables
        self._session, self._options = boto_session(variables)
        self.kinesis, self.sqs = self.client("kinesis"), self.client("sqs")
        for name in ("ride_events", "ride_predictions"):
            self.kinesis.create_stream(StreamName=name, ShardCount=1)
        self.queue = self.sqs.create_queue(QueueName=f"{FUNCTION}-failures")["QueueUrl"]

    def client(self, service: str) -> Any:
        return self._session.client(service, **self._options)  # type: ignore[call-overload]

    def devenv(self, *arguments: str) -> Done:
        return self.shell.devenv(*arguments, **self.variables)

    def told(self, *arguments: str) -> list[Any]:
        done = self.devenv(*arguments, "--json")
        assert done.code == 0, done.err
        return done.json_lines()

    def put(self, stream: str, event: Any, key: str = "k") -> str:
        """Its sequence number."""
        data = json.dumps(event).encode()
        answer = self.kinesis.put_record(StreamName=stream, Data=data, PartitionKey=key)
        return str(answer["SequenceNumber"])

    def give_up(self, number: str) -> None:
        """As Lambda tells the queue."""
        message = {
            "requestContext": {
                "requestId": REQUEST,
                "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 3,
            },
            "version": "1.0",
            "timestamp": "2026-11-25T10:15:00.000Z",
            "KinesisBatchInfo": {
                "shardId": "shardId-000000000000",
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "approximateArrivalOfFirstRecord": "2026-11-25T10:15:00.000Z",
                "approximateArrivalOfLastRecord": "2026-11-25T10:15:00.000Z",
                "batchSize": 1,
                "streamArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ride_events",
            },
        }
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(message))

    def log(self, *lines: str) -> None:
        logs, now = self.client("logs"), int(time.time() * 1000)
        place = {"logGroupName": f"/aws/lambda/{FUNCTION}", "logStreamName": "2026/[1]s"}
        logs.create_log_group(logGroupName=place["logGroupName"])
        logs.create_log_stream(**place)
        logs.put_log_events(
            **place, logEvents=[{"timestamp": now, "message": line} for line in lines]
        )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with moto_aws(tmp_path_factory.mktemp("moto")) as variables:
        yield variables


@pytest.fixture
def cloud(proxy: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    yield Cloud(shell_in(tmp_path_factory.mktemp("aws")), proxy)
    forget_everything(proxy)


def test_records(cloud: Cloud) -> None:
    first, second = (cloud.put("ride_events", {"ride_id": n}) for n in (1, 2))
    assert [r["data"]["ride_id"] for r in cloud.told("records", "ride_events")] == [1, 2]
    (found,) = cloud.told("records", "ride_events", "--where", "ride_id=2")
    assert found["sequence_number"] == second
    after = cloud.told("records", "ride_events", "--from", "AFTER_SEQUENCE_NUMBER", "--at", first)
    assert [r["data"]["ride_id"] for r in after] == [2]
    recent = cloud.told("records", "ride_events", "--from", "AT_TIMESTAMP", "--at", "1h")
    assert [r["data"]["ride_id"] for r in recent] == [1, 2]


def test_batches_can_not_be_known(cloud: Cloud) -> None:
    """And why is said, with where else to look."""
    for arguments in (("batches",), ("batches", "7"), ("batches", "--json")):
        done = cloud.devenv(*arguments)
        assert (done.code, done.out) == (1, "")
        assert "What became of each batch can't be known here: AWS doesn't tell." in done.err
        assert "`devenv failures`" in done.err


def test_redriving_asks_first(cloud: Cloud) -> None:
    """Then the record is put again, and the message is gone; one that has no record stays."""
    number = cloud.put("ride_events", {"ride_id": 1}, key="mine")
    cloud.give_up(number)
    (failure,) = cloud.told("failures")
    assert (failure["data"], failure["records"][0]["partition_key"]) == ("WHOLE", "mine")
    (dry,) = cloud.told("redrive", "--all", "--dry-run")
    assert dry["done"]
    asked = cloud.devenv("redrive", "--all")
    assert asked.code == 5
    assert f"This is AWS: account {ACCOUNT}, region {REGION}" in asked.err
    assert (
        "All messages of ride-duration-prediction-failures will be sent to the stream" in asked.err
    )
    assert len(cloud.told("records", "ride_events")) == 1
    (done,) = cloud.told("redrive", "--all", "--yes")
    assert (done["done"], done["sequence_numbers"]) == (True, [number])
    records = cloud.told("records", "ride_events")
    assert [(r["data"], r["partition_key"]) for r in records] == [({"ride_id": 1}, "mine")] * 2
    assert cloud.told("failures") == []
    refused = cloud.devenv("failures", "--delete", "x")
    assert (refused.code, "Add --yes" in refused.err) == (5, True)


def test_invocations_and_a_rides_way(cloud: Cloud) -> None:
    """From the log, as AWS writes it; that there's no history of batches is said."""
    number = cloud.put("ride_events", {"ride_id": 7})
    cloud.log(
        "INIT_START Runtime Version: python:3.13.v50\tRuntime Version ARN: arn:aws:lambda:x\n",
        f"START RequestId: {REQUEST} Version: 12\n",
        json.dumps({"level": "WARNING", "message": "rejected", "sequence_number": number}) + "\n",
        f"END RequestId: {REQUEST}\n",
        f"REPORT RequestId: {REQUEST}\tDuration: 80.35 ms\tBilled Duration: 81 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 84 MB\tInit Duration: 613.20 ms\t\n",
    )
    cloud.give_up(number)
    (invocation,) = cloud.told("invocations")
    assert (invocation["request_id"], invocation["version"]) == (REQUEST, "12")
    assert (invocation["cold"], invocation["init_ms"], invocation["duration_ms"]) == (
        True,
        613.2,
        80.35,
    )
    (way,) = cloud.told("trace", "7")
    assert [step["kind"] for step in way["steps"]] == ["PUT", "INVOCATION", "GIVEN_UP"]
    assert way["invocations"][0]["request_id"] == REQUEST
    assert [each["what"] for each in way["unknown"]] == [
        "What became of each batch",
        "Which invocations had it",
    ]
    words = cloud.devenv("trace", "7")
    assert "cold start in 613 ms, ran 80 ms, 84 of 512 MB" in words.out
    assert "can't be known here: AWS doesn't tell." in words.err
