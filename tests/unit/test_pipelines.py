"""What all pipelines have in common: how they are chosen, and the shape of their events."""

import json
from pathlib import Path
from typing import Any

import pytest
from run_cli import ends

from devenv.commands.context import next_steps
from devenv.commands.demo import show
from devenv.commands.put import event_of, put
from devenv.errors import BadInput
from devenv.output import Output
from devenv.pipelines import PIPELINES, bike, ride
from devenv.round_trip import RoundTrip
from devenv.settings import read_settings
from serving.events import PIPELINES as READERS

BIKE = PIPELINES["bike"]
ROOT = Path("/checkout")
FEATURES = {"t1": 2.0, "t2": 3.0, "hum": 50.0, "weather_code": 2}


def test_pipeline_gives_the_names_of_its_tutorial() -> None:
    """Each of them can still be said by its own variable."""
    found = read_settings({"PIPELINE": "bike"}, ROOT)
    assert (found.input_stream, found.predictions_stream) == (
        "passenger_events",
        "bike-predictions",
    )
    assert (found.function_name, found.role_name) == ("bike-prediction", "lambda-kinesis")
    assert found.model_name == "bike-model"
    other = read_settings({"PIPELINE": "bike", "KINESIS_STREAM_INPUT": "hours"}, ROOT)
    assert (other.input_stream, other.predictions_stream) == ("hours", "bike-predictions")


@pytest.mark.parametrize("name", PIPELINES)
def test_what_is_deployed_has_the_same_names(name: str) -> None:
    """The web service finds the function by it, in a container that knows PIPELINE alone."""
    names, reader = PIPELINES[name].names, READERS[name]
    assert (reader.model, reader.stream) == (names.model, names.predictions_stream)
    assert reader.function == names.function


def test_output_stream_is_another_name_for_the_predictions_stream() -> None:
    """The bike tutorial's; the ride tutorials' own goes before it."""
    for name in ("OUTPUT_STREAM", "PREDICTION_STREAM_NAME"):
        assert read_settings({name: "out"}, ROOT).predictions_stream == "out"
    both = {"OUTPUT_STREAM": "out", "PREDICTIONS_STREAM_NAME": "predictions"}
    assert read_settings(both, ROOT).predictions_stream == "predictions"


def test_an_unknown_pipeline_is_refused_naming_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"^PIPELINE=trains: there is no such .* ride, bike\.$"):
        read_settings({"PIPELINE": "trains"}, ROOT)


@pytest.mark.usefixtures("shell")
def test_the_flag_goes_before_the_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """These flags are the bikes' alone: with rides they would be refused first."""
    monkeypatch.setenv("PIPELINE", "ride")
    flags = ("--t1", "2", "--t2", "3", "--hum", "50", "--weather-code", "2")
    assert ends(capsys, "put", "--pipeline", "bike", *flags)[0] == 4
    code, err = ends(capsys, "put", *flags)
    assert code == 2
    assert "Give --pu, --do and --distance for one event of pipeline ride" in err


@pytest.mark.parametrize("name", PIPELINES)
def test_names_and_flags_are_each_pipelines_own(name: str) -> None:
    """So that two systems can live on one endpoint; they share the bucket and nothing else."""
    mine, others = PIPELINES[name], [p for p in PIPELINES.values() if p.name != name]
    names = {v for k, v in vars(mine.names).items() if k != "bucket"}
    assert all(names.isdisjoint(vars(other.names).values()) for other in others)
    flags = {f.flag for f in mine.shape.fields} | {mine.shape.id_flag}
    assert all(flags.isdisjoint(f.flag for f in other.shape.fields) for other in others)
    assert flags <= {flag for option in put.params for flag in option.opts}


@pytest.mark.parametrize("name", PIPELINES)
def test_samples_have_the_shape(name: str) -> None:
    """Body, fields and id, as `put` makes them of flags."""
    pipeline = PIPELINES[name]
    (sample,) = pipeline.samples(1, first_id=7)
    body: Any = sample.event[pipeline.shape.body]
    assert event_of({**body, pipeline.shape.id: 7}, pipeline) == sample.event


VALIDATION = {
    "ride": (ride.read_trips, ride.features),
    "bike": (bike.read_hours, bike.features),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_the_function_gives_the_model_what_it_was_trained_on(name: str) -> None:
    """Its table is its own; fields and names are these, and of an event it makes the same row."""
    pipeline, reader = PIPELINES[name], READERS[name]
    names, shape = pipeline.names, pipeline.shape
    assert (reader.body, reader.id, reader.value) == (shape.body, shape.id, shape.value)
    assert (reader.model, reader.stream) == (names.model, names.predictions_stream)
    read, features = VALIDATION[name]
    _, later = read(None).split()
    events = [sample.event for sample in pipeline.samples(len(later))]
    assert [reader.read(event).features for event in events] == features(later)


def test_flags_make_the_tutorials_event() -> None:
    """With an id of its own where none is given."""
    made = event_of({**FEATURES, "pred_id": "123"}, BIKE)
    assert made == {"features": FEATURES, "pred_id": 123}
    assert event_of(FEATURES, BIKE)["pred_id"]


@pytest.mark.parametrize("given", [{"t1": 2.0}, {**FEATURES, "trip_distance": 1.0}, {}])
def test_flags_that_make_no_event_are_refused(given: dict[str, object]) -> None:
    """Too few, another pipeline's, or none."""
    with pytest.raises(BadInput, match="Give --t1, --t2, --hum and --weather-code for one event"):
        event_of(given, BIKE)


def test_the_next_step_is_a_command_that_works() -> None:
    """For the pipeline that was brought up, whether by flag or by variable."""
    (first, second) = next_steps(read_settings({"PIPELINE": "bike"}, ROOT))
    assert first.endswith("put --pipeline bike --t1 2 --t2 3 --hum 50 --weather-code 2")
    assert second.strip().startswith("devenv tail --pipeline bike")
    rides = next_steps(read_settings({}, ROOT))[0]
    assert rides == "Next: devenv put --pu 130 --do 205 --distance 3.66"


def test_the_demo_shows_events_values_and_truth(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each, and how far off it was; as JSON under the pipeline's own names."""
    (sample,) = BIKE.samples(1, first_id=7)
    prediction = {"cnt": sample.truth + 2, "pred_id": 7}
    made = RoundTrip(sample, {"model": "m", "version": "1", "prediction": prediction}, 0.5)
    show([made], BIKE.shape, Output())
    said = capsys.readouterr()
    header, line = said.out.splitlines()
    assert header.split() == ["pred_id", *FEATURES, "predicted", "true", "took"]
    assert len(line.split()) == len(header.split()) + 1
    assert said.err == "1 predictions, 2.0 hires off on average\n"
    show([made], BIKE.shape, Output(as_json=True))
    shown = json.loads(capsys.readouterr().out)
    assert shown["features"] == sample.event["features"]
    assert shown["predicted_hires"] - shown["true_hires"] == 2
