"""The tutorials' AWS CLI commands from outside, word for word, on the emulator's endpoint."""

import base64
import json
import uuid
from pathlib import Path

from devenv.wait import wait_for

from .conftest import EVENTS, Shell

SHARD = "shardId-000000000000"


def aws(shell: Shell, *arguments: str) -> str:
    done = shell.run("aws", *arguments)
    assert done.code == 0, done.err
    return done.out


def test_put_record_and_get_records(running: Shell) -> None:
    """A ride by `aws kinesis put-record`, its prediction by `aws kinesis get-records`."""
    ride_id = uuid.uuid4().hex
    place = ("--stream-name", "ride_predictions", "--shard-id", SHARD)
    iterator = json.loads(
        aws(running, "kinesis", "get-shard-iterator", *place, "--shard-iterator-type", "LATEST")
    )["ShardIterator"]
    ride = {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}
    data = json.dumps({"ride": ride, "ride_id": ride_id}, indent=4)
    target = ("--stream-name", "ride_events", "--partition-key", "1")
    answer = json.loads(aws(running, "kinesis", "put-record", *target, "--data", data))
    assert answer["ShardId"] == SHARD

    def records() -> list[dict[str, str]]:
        page = aws(running, "kinesis", "get-records", "--shard-iterator", iterator)
        return list(json.loads(page)["Records"])

    (record,) = wait_for(records, timeout=60, failure="no prediction came")
    assert record["PartitionKey"] == ride_id
    # The CLI prints data as base64, which the tutorials decode by hand.
    decoded = json.loads(base64.b64decode(record["Data"]))
    assert decoded["prediction"]["ride_id"] == ride_id


def test_lambda_invoke_and_its_log(running: Shell, tmp_path: Path) -> None:
    """The event file straight to the function; its lines by `aws logs filter-log-events`."""
    out, event = tmp_path / "out.json", EVENTS / "kinesis-ride-123-003.json"
    name = ("--function-name", "ride-duration-prediction")
    status = aws(running, "lambda", "invoke", *name, "--payload", f"file://{event}", str(out))
    assert json.loads(status) == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    (prediction,) = json.loads(out.read_text())["predictions"]
    assert prediction["prediction"]["ride_id"] == 123

    def lines() -> str:
        group = ("--log-group-name", "/aws/lambda/ride-duration-prediction")
        return aws(running, "logs", "filter-log-events", *group, "--filter-pattern", "REPORT")

    wait_for(lambda: "Billed Duration" in lines(), timeout=30, failure="no REPORT in the log")


def test_the_resources_are_listed(running: Shell) -> None:
    """What the bootstrap made, as the tutorials look it up."""
    streams = json.loads(aws(running, "kinesis", "list-streams"))["StreamNames"]
    assert {"ride_events", "ride_predictions"} <= set(streams)
    mine = ("--function-name", "ride-duration-prediction")
    mappings = json.loads(aws(running, "lambda", "list-event-source-mappings", *mine))
    (mapping,) = mappings["EventSourceMappings"]
    assert mapping["EventSourceArn"].endswith(":stream/ride_events")
    assert "mlflow-models" in aws(running, "s3", "ls")
    assert "MLmodel" in aws(running, "s3", "ls", "--recursive", "s3://mlflow-models/")
    role = aws(running, "iam", "get-role", "--role-name", "lambda-kinesis-role")
    assert "lambda.amazonaws.com" in role


def test_the_option_of_cli_2(running: Shell) -> None:
    """As the tutorials write it; the data is taken as it is."""
    raw = ("--cli-binary-format", "raw-in-base64-out", "--no-cli-pager")
    target = ("--stream-name", "ride_events", "--partition-key", "1")
    answer = json.loads(aws(running, "kinesis", "put-record", *target, "--data", "{}", *raw))
    at = ("--shard-iterator-type", "AT_SEQUENCE_NUMBER", "--shard-id", SHARD)
    number = ("--starting-sequence-number", answer["SequenceNumber"])
    found = aws(
        running, "kinesis", "get-shard-iterator", "--stream-name", "ride_events", *at, *number
    )
    iterator = json.loads(found)["ShardIterator"]
    page = aws(running, "kinesis", "get-records", "--shard-iterator", iterator, "--limit", "1")
    assert json.loads(page)["Records"][0]["Data"] == "e30="
    refused = running.run("aws", "kinesis", "list-streams", "--cli-binary-format", "base64")
    assert refused.code == 255
    assert "is AWS CLI 1" in refused.err


def test_queues_of_the_emulator(running: Shell) -> None:
    """As a person asks for messages, by any endpoint variable; CLI 1 alone goes to AWS."""
    name = ("--queue-name", "ride-duration-prediction-failures", "--output", "text")
    url = aws(running, "sqs", "get-queue-url", *name, "--query", "QueueUrl").strip()
    endpoint = running.variables["AWS_ENDPOINT_URL"]
    assert url == f"{endpoint}/000000000000/ride-duration-prediction-failures"
    own = f"own-{uuid.uuid4().hex}"
    made = json.loads(aws(running, "sqs", "create-queue", "--queue-name", own))["QueueUrl"]
    try:
        aws(running, "sqs", "send-message", "--queue-url", made, "--message-body", "hello")
        done = running.run(
            *("aws", "sqs", "receive-message", "--queue-url", made),
            AWS_ENDPOINT_URL="http://127.0.0.1:1",
            AWS_ENDPOINT_URL_SQS=endpoint,
        )
        assert json.loads(done.out)["Messages"][0]["Body"] == "hello", done.err
    finally:
        aws(running, "sqs", "delete-queue", "--queue-url", made)


def test_logs_tail(running: Shell, tmp_path: Path) -> None:
    """CLI 2's command: the last ten minutes of the function's log."""
    name = ("--function-name", "ride-duration-prediction")
    event = ("--payload", f"file://{EVENTS / 'kinesis-ride-123-003.json'}")
    aws(running, "lambda", "invoke", *name, *event, str(tmp_path / "out.json"))
    tail = ("logs", "tail", "/aws/lambda/ride-duration-prediction", "--format", "short")

    def reports() -> list[str]:
        return [x for x in aws(running, *tail).splitlines() if " REPORT RequestId: " in x]

    assert wait_for(reports, timeout=30, failure="no REPORT in the log")
    missing = running.run("aws", "logs", "tail", "/no/such/group")
    assert missing.code == 255
    assert "ResourceNotFoundException" in missing.err
