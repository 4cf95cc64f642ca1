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
