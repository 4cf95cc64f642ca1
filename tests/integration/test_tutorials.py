"""The tutorials' names and events: what their readers arrive with, on systems that the bootstrap
makes. tests/tutorials follows their steps.

Numbers are the tutorials' file numbers in the project's seeds. Every system here is made from the
variables that the tutorial exports, on the one environment of all tests.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.bootstrap.mapping import find_mapping
from devenv.bootstrap.model import ModelSource
from devenv.bootstrap.model_files import PreparedModel
from devenv.bootstrap.streams import stream_arn
from devenv.consumer import Read, StreamReader
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, read_settings

from .conftest import MakeSystem

EVENTS = Path(__file__).parents[1] / "events"
ARRIVAL = 60.0
RIDE = {"PU_DO": "130_205", "trip_distance": 3.66}
HOUR = {"t1": 2.0, "t2": 3.0, "hum": 50.0, "weather_code": 2.0}

Models = Mapping[str, PreparedModel]


@dataclass(frozen=True)
class Tutorial:
    """One tutorial's names, as it exports them, and the event that its recipe puts."""

    variables: Mapping[str, str]
    """Of 002 and 003 also a FUNCTION_NAME, since the tests' own system has the usual one."""
    input_stream: str
    predictions_stream: str
    event: str
    """The file of the event as the function gets it."""
    id: int

    @property
    def pipeline(self) -> str:
        return self.variables.get("PIPELINE", "ride")


TUTORIALS = {
    "001: ride_events → ride_predictions": Tutorial(
        {"PREDICTIONS_STREAM_NAME": "ride_predictions"},
        "ride_events",
        "ride_predictions",
        "kinesis-ride-256-001",
        256,
    ),
    "002: start-ride-events → ride-predictions": Tutorial(
        {
            "FUNCTION_NAME": "start-ride-duration-prediction",
            "KINESIS_STREAM_INPUT": "start-ride-events",
            "PREDICTIONS_STREAM_NAME": "ride-predictions",
        },
        "start-ride-events",
        "ride-predictions",
        "kinesis-ride-156-002",
        156,
    ),
    "003: ride_events → ride_prediction, RUN_ID": Tutorial(
        {
            "FUNCTION_NAME": "ride_duration_prediction",
            "PREDICTIONS_STREAM_NAME": "ride_prediction",
            "RUN_ID": "the champion's",
        },
        "ride_events",
        "ride_prediction",
        "kinesis-ride-123-003",
        123,
    ),
    "004: passenger_events → bike-predictions, OUTPUT_STREAM": Tutorial(
        {"PIPELINE": "bike", "OUTPUT_STREAM": "bike-predictions"},
        "passenger_events",
        "bike-predictions",
        "bike/kinesis-123-004",
        123,
    ),
}


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def prediction(models: Models, pipeline: str, event_id: int) -> dict[str, Any]:
    """What is published of the tutorials' ride or hour: the same model asked here."""
    shape, row = PIPELINES[pipeline].shape, {"ride": RIDE, "bike": HOUR}[pipeline]
    (value,) = models[pipeline].trained.estimator.predict([row])
    made = {shape.value: pytest.approx(float(value)), shape.id: event_id}
    return {"model": PIPELINES[pipeline].names.model, "version": "1", "prediction": made}


def invoke(aws: Aws, function: str, payload: object) -> tuple[Any, str | None]:
    """The function's response and FunctionError."""
    answer = aws.functions.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    return json.load(answer["Payload"]), answer.get("FunctionError")


def record_of(reader: StreamReader, key: str) -> Read:
    """The next record with this key: a mapping made just now begins with what was put before."""
    deadline = time.monotonic() + ARRIVAL
    records = reader.read(until=lambda: time.monotonic() > deadline)
    found = next((record for record in records if record.partition_key == key), None)
    assert found is not None, f"no record of {key} came within {ARRIVAL:.0f} s"
    return found


def put_as_the_recipe(aws: Aws, stream: str, name: str) -> None:
    """`aws kinesis put-record --partition-key 1 --data …` of what the event file holds."""
    data = base64.b64decode(event(name)["Records"][0]["kinesis"]["data"])
    aws.kinesis.put_record(StreamName=stream, Data=data, PartitionKey="1")


Made = Callable[[Mapping[str, str]], Settings]


@pytest.fixture
def made(system: Settings, make_system: MakeSystem, aws: Aws, models: Models) -> Iterator[Made]:
    """Makes the system that a tutorial's variables mean. The mapping of one that only this test
    has is gone after it."""
    shared = {pipeline.names.function for pipeline in PIPELINES.values()}
    systems: list[Settings] = []

    def make(variables: Mapping[str, str]) -> Settings:
        settings = read_settings({**os.environ, **variables}, system.root)
        if settings.function_name not in shared:
            # The usual role may write on the usual stream, for the function that all tests share.
            settings = replace(settings, role_name=settings.function_name)
            systems.append(settings)
        pipeline = PIPELINES[settings.pipeline]
        source = ModelSource(pipeline, training=lambda: models[settings.pipeline])
        make_system(settings, source)
        return settings

    yield make
    for settings in systems:
        arn = stream_arn(settings.input_stream, aws)
        if mapping := find_mapping(settings.function_name, arn, aws):
            aws.functions.delete_event_source_mapping(UUID=mapping["UUID"])


@pytest.mark.parametrize("name", TUTORIALS)
def test_its_names_work_and_its_event_is_predicted(
    made: Made, aws: Aws, models: Models, name: str
) -> None:
    """Streams as it calls them; what is put on the one comes out of the other, under its id."""
    tutorial = TUTORIALS[name]
    variables = dict(tutorial.variables)
    if "RUN_ID" in variables:
        variables["RUN_ID"] = champions_run(aws)
    settings = made(variables)
    assert settings.input_stream == tutorial.input_stream
    reader = StreamReader(tutorial.predictions_stream, "LATEST", aws)
    put_as_the_recipe(aws, tutorial.input_stream, tutorial.event)
    record = record_of(reader, str(tutorial.id))
    assert json.loads(record.data) == prediction(models, tutorial.pipeline, tutorial.id)


def champions_run(aws: Aws) -> str:
    found = aws.functions.get_function_configuration(FunctionName="ride-duration-prediction")
    return found["Environment"]["Variables"]["RUN_ID"]


@pytest.mark.parametrize(
    ("pipeline", "name", "event_id"),
    [
        ("ride", "console-ride-123-003", 123),
        ("ride", "kinesis-ride-123-003", 123),
        ("ride", "kinesis-ride-156-002", 156),
        ("ride", "kinesis-ride-256-001", 256),
        ("bike", "bike/console-123-004", 123),
        ("bike", "bike/kinesis-123-004", 123),
        ("bike", "bike/kinesis-test-123-004", 123),
    ],
)
def test_an_event_handed_to_the_function_is_answered_with_its_prediction(
    request: pytest.FixtureRequest,
    aws: Aws,
    models: Models,
    pipeline: str,
    name: str,
    event_id: int,
) -> None:
    """By the console's Test, test.py's and test_docker.py's event; with or without Records."""
    settings = request.getfixturevalue("system" if pipeline == "ride" else "bikes")
    answer, error = invoke(aws, settings.function_name, event(name))
    assert error is None
    assert answer["predictions"] == [prediction(models, pipeline, event_id)]


@pytest.mark.parametrize("name", ["kinesis-hello-001", "kinesis-hi-003"])
def test_a_greeting_is_a_record_that_cannot_be_predicted(
    system: Settings, aws: Aws, name: str
) -> None:
    """The first record that the tutorials put, text and no JSON: reported by its number."""
    answer, error = invoke(aws, system.function_name, event(name))
    assert error is None
    assert answer["predictions"] == []
    assert event(name)["Records"][0]["kinesis"]["sequenceNumber"] in json.dumps(answer)


@pytest.mark.parametrize("system_of", ["system", "bikes"])
def test_the_consoles_first_test_event_is_refused_by_name(
    request: pytest.FixtureRequest, aws: Aws, system_of: str
) -> None:
    """`{"key1": "value1", …}`: the sender is told which field is missing."""
    settings = request.getfixturevalue(system_of)
    payload = {f"key{number}": f"value{number}" for number in (1, 2, 3)}
    answer, error = invoke(aws, settings.function_name, payload)
    assert error == "Unhandled"
    assert f"{PIPELINES[settings.pipeline].shape.body}: expected" in answer["errorMessage"]


def test_a_test_run_predicts_and_publishes_nothing(made: Made, aws: Aws, models: Models) -> None:
    """TEST_RUN=True with the RUN_ID alone, as for test.py: the answer has it, the stream not."""
    variables = {
        "FUNCTION_NAME": "tutorial-test-run",
        "KINESIS_STREAM_INPUT": "tutorial-test-run",
        "PREDICTIONS_STREAM_NAME": "tutorial-test-run-predictions",
        "RUN_ID": champions_run(aws),
        "TEST_RUN": "True",
    }
    settings = made(variables)
    answer, error = invoke(aws, settings.function_name, event("kinesis-ride-123-003"))
    assert (error, answer["predictions"]) == (None, [prediction(models, "ride", 123)])
    place = {"StreamName": settings.predictions_stream, "ShardId": "shardId-000000000000"}
    iterator = aws.kinesis.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")
    page = aws.kinesis.get_records(ShardIterator=iterator["ShardIterator"])
    assert (page["Records"], page["MillisBehindLatest"]) == ([], 0)
