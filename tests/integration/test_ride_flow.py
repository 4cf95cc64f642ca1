"""Rides in, predictions out: the whole system as the bootstrap makes it."""

import base64
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.bootstrap import steps
from devenv.bootstrap.model_files import PreparedModel, publish
from devenv.bootstrap.registry import Registry
from devenv.consumer import Read, StreamReader
from devenv.environment import model_source
from devenv.producer import Record, put_records
from devenv.settings import Settings

from .conftest import MakeSystem

EVENTS = Path(__file__).parents[1] / "events"
RIDES = ["kinesis-ride-123-003", "kinesis-ride-156-002", "kinesis-ride-256-001"]
NOT_RIDES = ["kinesis-hello-001", "kinesis-hi-003"]
ARRIVAL = 60.0


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def data_of(name: str) -> bytes:
    """What the tutorial's producer put on the stream."""
    return base64.b64decode(event(name)["Records"][0]["kinesis"]["data"])


def ride(ride_id: str, miles: float = 3.66) -> dict[str, Any]:
    zones = {"PULocationID": 130, "DOLocationID": 205}
    return {"ride": {**zones, "trip_distance": miles}, "ride_id": ride_id}


def as_record(sent: dict[str, Any]) -> Record:
    return Record(json.dumps(sent).encode(), str(sent["ride_id"]))


def expected(prepared: PreparedModel, ride_id: int | str, miles: float = 3.66) -> dict[str, Any]:
    """The prediction as the same model makes it here, without function or streams."""
    row = {"PU_DO": "130_205", "trip_distance": miles}
    (minutes,) = prepared.trained.estimator.predict([row])
    prediction = {"ride_duration": float(minutes), "ride_id": ride_id}
    return {"model": "ride-duration", "version": "1", "prediction": prediction}


def read(reader: StreamReader, count: int) -> list[Read]:
    """The next `count` records; fewer are a failure."""
    found: list[Read] = []
    deadline = time.monotonic() + ARRIVAL
    for record in reader.read(until=lambda: len(found) >= count or time.monotonic() > deadline):
        found.append(record)
    assert len(found) >= count
    return found


def values(records: Sequence[Read]) -> list[Any]:
    return [json.loads(record.data) for record in records]


@pytest.fixture
def predictions(system: Settings, aws: Aws) -> StreamReader:
    """Reads what is published from now on."""
    return StreamReader(system.predictions_stream, "LATEST", aws)


@pytest.mark.parametrize("name", RIDES)
def test_the_tutorials_rides_are_predicted(
    system: Settings, aws: Aws, predictions: StreamReader, prepared: PreparedModel, name: str
) -> None:
    """Put as in the tutorials, with partition key 1; published under the ride's id."""
    list(put_records(system.input_stream, [Record(data_of(name), "1")], aws))
    ride_id = int(name.split("-")[2])
    (record,) = read(predictions, 1)
    assert json.loads(record.data) == expected(prepared, ride_id)
    assert record.partition_key == str(ride_id)


@pytest.mark.parametrize("name", [*RIDES, *NOT_RIDES, "console-ride-123-003"])
def test_the_tutorials_events_are_answered(
    system: Settings, aws: Aws, prepared: PreparedModel, name: str
) -> None:
    """Invoked directly, as in the console; a record that isn't a ride is reported."""
    answer = aws.functions.invoke(
        FunctionName=system.function_name, Payload=json.dumps(event(name)).encode()
    )
    assert "FunctionError" not in answer
    got = json.load(answer["Payload"])
    if name in NOT_RIDES:
        sequence = event(name)["Records"][0]["kinesis"]["sequenceNumber"]
        rejected = [{"sequence_number": sequence, "reason": "data: expected JSON"}]
        failures = [{"itemIdentifier": sequence}]
        assert got == {"predictions": [], "batchItemFailures": failures, "rejected": rejected}
    else:
        assert got == {"predictions": [expected(prepared, int(name.split("-")[2]))]}


def test_one_bad_record_does_not_hurt_its_neighbours(
    system: Settings, aws: Aws, predictions: StreamReader, prepared: PreparedModel
) -> None:
    """Those before and after it in the same batch are predicted, in order."""
    first, last = uuid.uuid4().hex, uuid.uuid4().hex
    bad = [Record(data_of(name), "1") for name in NOT_RIDES]
    records = [as_record(ride(first, 1.0)), *bad, as_record(ride(last, 9.0))]
    list(put_records(system.input_stream, records, aws))
    want = [expected(prepared, first, 1.0), expected(prepared, last, 9.0)]
    assert values(read(predictions, 2)) == want
    after = uuid.uuid4().hex
    list(put_records(system.input_stream, [as_record(ride(after))], aws))
    assert values(read(predictions, 1)) == [expected(prepared, after)]


def test_many_rides_are_each_predicted_once_and_in_order(
    system: Settings, aws: Aws, predictions: StreamReader
) -> None:
    """More than a batch of the mapping, and more than one PutRecords takes."""
    ids = [f"{uuid.uuid4().hex}-{n}" for n in range(620)]
    list(put_records(system.input_stream, (as_record(ride(i)) for i in ids), aws))
    got = [value["prediction"]["ride_id"] for value in values(read(predictions, len(ids)))]
    assert got == ids


def test_a_test_run_predicts_and_publishes_nothing(
    system: Settings,
    make_system: MakeSystem,
    aws: Aws,
    predictions: StreamReader,
    prepared: PreparedModel,
) -> None:
    """TEST_RUN of the tutorials: the answer has the prediction, the stream doesn't."""
    apart = replace(
        system,
        function_name="test-run",
        role_name="test-run",
        input_stream="test_run_events",
        test_run=True,
    )
    make_system(apart)
    answer = aws.functions.invoke(
        FunctionName="test-run", Payload=json.dumps(event("kinesis-ride-123-003")).encode()
    )
    assert json.load(answer["Payload"]) == {"predictions": [expected(prepared, 123)]}
    seen = uuid.uuid4().hex
    list(put_records(system.input_stream, [as_record(ride(seen))], aws))
    assert values(read(predictions, 1)) == [expected(prepared, seen)]


def test_all_shards_are_predicted_and_read(
    system: Settings, make_system: MakeSystem, aws: Aws, prepared: PreparedModel
) -> None:
    """Two shards in, two shards out: each shard's rides come in its order."""
    apart = replace(
        system,
        function_name="two-shards",
        role_name="two-shards",
        input_stream="two_events",
        predictions_stream="two_predictions",
        shard_count=2,
    )
    assert "stream two_events: made, 2 shards" in make_system(apart)
    reader = StreamReader("two_predictions", "TRIM_HORIZON", aws)
    rides = [ride(str(number)) for number in range(40)]
    put = list(put_records("two_events", map(as_record, rides), aws))
    assert len({done.shard_id for done in put}) == 2
    got = read(reader, 40)
    assert len({record.shard_id for record in got}) == 2
    for shard in {done.shard_id for done in put}:
        # One key stands on the same shard of both streams: their hash ranges are the same.
        ids = [done.record.partition_key for done in put if done.shard_id == shard]
        mine = [json.loads(record.data) for record in got if record.shard_id == shard]
        assert mine == [expected(prepared, ride_id) for ride_id in ids]


def test_a_newer_champion_is_deployed_by_the_next_bootstrap(
    system: Settings, make_system: MakeSystem, aws: Aws, prepared: PreparedModel
) -> None:
    """The function's configuration changes, so its environments are replaced."""
    apart = replace(
        system,
        function_name="newer",
        role_name="newer",
        failure_queue="newer-failures",
        input_stream="newer_events",
        predictions_stream="newer_predictions",
        model_name=f"newer-{uuid.uuid4().hex[:6]}",
    )

    def version() -> str:
        payload = json.dumps(event("console-ride-123-003")).encode()
        answer = aws.functions.invoke(FunctionName="newer", Payload=payload)
        [prediction] = json.load(answer["Payload"])["predictions"]
        return str(prediction["version"])

    make_system(apart)
    assert version() == "1"
    registry = Registry(apart.mlflow_tracking_uri)
    newer = publish(prepared, apart, registry)
    registry.set_alias(apart.model_name, apart.model_alias, newer.version)
    assert version() == "1"
    said = make_system(apart)
    assert "function newer: updated (configuration)" in said
    assert version() == newer.version == "2"


def test_bootstrapping_again_changes_nothing(system: Settings, aws: Aws) -> None:
    """Every step finds what it made."""
    said: list[str] = []
    model = steps.run(system, aws, said.append, model_source(None))
    assert not model.trained
    found = [line.rpartition(": ")[2] for line in said if not line.startswith("model")]
    assert found == ["there"] * 8
