"""The bikes' system beside the rides', on one environment, by commands."""

import json
import uuid

import pytest

from .conftest import COMMAND_TIMEOUT, EVENTS, Shell

BIKE = ("--pipeline", "bike")


def test_bootstrap_again_changes_nothing(bikes: Shell) -> None:
    """Neither with the flag nor with the variable."""
    again = bikes.devenv("bootstrap", "--json", PIPELINE="bike")
    assert again.code == 0, again.err
    assert "made" not in again.err
    (model,) = again.json_lines()
    assert (model["name"], model["version"], model["trained"]) == ("bike-model", "1", False)


def test_status_is_of_one_system_and_the_other_is_ready_too(bikes: Shell) -> None:
    """Streams, function and model by the names of each."""
    for arguments, pipeline, streams in (
        (BIKE, "bike", ["passenger_events", "bike-predictions"]),
        ((), "ride", ["ride_events", "ride_predictions"]),
    ):
        (state,) = bikes.devenv("status", "--json", *arguments).json_lines()
        assert (state["pipeline"], state["ready"]) == (pipeline, True)
        assert [stream["name"] for stream in state["streams"]] == streams


@pytest.mark.parametrize("way", ["flags", "--event"])
def test_put_and_tail(bikes: Shell, way: str) -> None:
    """An hour either way; its hires come under its id."""
    pred_id = uuid.uuid4().hex
    features = {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}
    event = json.dumps({"features": features, "pred_id": pred_id})
    flags = ("--t1", "2", "--t2", "3", "--hum", "50", "--weather-code", "2", "--pred-id", pred_id)
    ways = {"flags": flags, "--event": ("--event", event)}
    tail = bikes.start("tail", *BIKE, "--limit", "1", "--json")
    tail.await_words("Reading bike-predictions from latest")
    done = bikes.devenv("put", *BIKE, *ways[way])
    assert done.code == 0, done.err
    assert tail.process.wait(COMMAND_TIMEOUT) == 0
    (record,) = tail.json_lines()
    assert record["partition_key"] == pred_id
    prediction = record["data"]["prediction"]
    assert prediction["pred_id"] == pred_id
    assert 0 < prediction["cnt"] < 8000


def test_demo(bikes: Shell) -> None:
    """Sample hours, predicted beside what runs."""
    done = bikes.devenv("demo", *BIKE, "-n", "3", "--json")
    assert done.code == 0, done.err
    lines = done.json_lines()
    assert len(lines) == 3
    assert all(0 < line["predicted_hires"] < 8000 for line in lines)
    assert {line["model"] for line in lines} == {"bike-model"}


def test_invoke_and_its_log(bikes: Shell) -> None:
    """The console's event straight to the bikes' function; its log apart from the rides'."""
    done = bikes.devenv("invoke", *BIKE, str(EVENTS / "bike" / "console-123-004.json"))
    assert done.code == 0, done.err
    (prediction,) = json.loads(done.out)["predictions"]
    assert prediction["prediction"]["pred_id"] == 123
    refused = bikes.devenv("invoke", *BIKE, str(EVENTS / "console-ride-123-003.json"))
    assert refused.code == 1
    assert "bike-prediction failed with" in refused.err
