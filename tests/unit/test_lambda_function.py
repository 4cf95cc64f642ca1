"""What the function does with a batch, with fakes for the model and for Kinesis."""

from __future__ import annotations

import base64
import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import lambda_function
from lambda_function import PredictionFunction
from serving.events import PIPELINES, InvalidEvent
from serving.models import ModelError
from serving.publishing import PublishError

EVENTS = Path(__file__).parents[1] / "events"
GOOD: dict[str, Any] = {
    "ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66},
    "ride_id": 156,
}


class TenMinutes:
    """A model for which every ride takes 10 minutes and as many more as it has miles."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []

    def predict(self, rows: list[Any], /) -> list[float]:
        self.calls.append(rows)
        return [10 + float(row.get("trip_distance", row.get("t1"))) for row in rows]


class Stream:
    """Kinesis's PutRecords, which takes `room` records; after that it raises `error`."""

    def __init__(self, room: int = 10_000, error: str = "AccessDeniedException") -> None:
        self.room, self.error, self.published = room, error, list[Any]()

    def put_records(self, *, StreamName: str, Records: list[Any]) -> dict[str, Any]:
        if len(self.published) + len(Records) > self.room:
            raise ClientError({"Error": {"Code": self.error, "Message": "no"}}, "PutRecords")
        self.published += [json.loads(record["Data"]) for record in Records]
        return {"Records": [{"SequenceNumber": "1"} for _ in Records]}

    @property
    def ids(self) -> list[Any]:
        return [prediction["prediction"]["ride_id"] for prediction in self.published]


def composed(stream: Stream | None = None, name: str = "ride") -> PredictionFunction:
    put_records = stream.put_records if stream else None
    return PredictionFunction(
        PIPELINES[name], "ride-duration", "7", TenMinutes(), put_records, "ride_predictions"
    )


def handled(function: PredictionFunction, event: object) -> dict[str, Any]:
    return function.handle(event, lambda: math.inf)


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def kinesis_event(*data: object) -> dict[str, Any]:
    records = [{"kinesis": {"sequenceNumber": str(n), "data": d}} for n, d in enumerate(data)]
    return {"Records": records}


def rides(*ids: object) -> list[str]:
    return [encoded(GOOD | {"ride_id": ride_id}) for ride_id in ids]


def test_a_batch_is_predicted_by_one_call_and_published_in_order() -> None:
    function = composed(stream := Stream())
    response = handled(function, kinesis_event(*rides(156, "b")))
    model: Any = function.predictor
    assert model.calls == [[{"PU_DO": "130_205", "trip_distance": 3.66}] * 2]
    assert response == {"predictions": stream.published}
    assert stream.published[0] == {
        "model": "ride-duration",
        "version": "7",
        "prediction": {"ride_duration": 13.66, "ride_id": 156},
    }
    assert stream.ids == [156, "b"]


def test_the_first_bad_record_ends_the_batch_and_is_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What comes after it is not published: the mapping's next attempt brings it again."""
    first, second = rides(1, 2)
    event = kinesis_event(first, "*not base64*", second, encoded(GOOD | {"ride_id": None}))
    with caplog.at_level(logging.INFO):
        response = handled(composed(stream := Stream()), event)
    assert stream.ids == [1]
    assert response == {
        "predictions": stream.published,
        "batchItemFailures": [{"itemIdentifier": "1"}],
        "rejected": [{"sequence_number": "1", "reason": "data: expected base64"}],
    }
    [warning] = [vars(record) for record in caplog.records if record.levelname == "WARNING"]
    assert warning["sequence_number"] == "1"
    assert warning["reason"] == "data: expected base64"


def test_neighbours_go_through_by_the_mappings_next_attempts() -> None:
    """A mapping that goes on after the reported record loses and doubles none."""
    data = [*rides(1, 2), "*", *rides(3), encoded([]), encoded({}), *rides(4)]
    left, given_up = kinesis_event(*data)["Records"], []
    function = composed(stream := Stream())
    while left:
        response = handled(function, {"Records": left})
        failed = [item["itemIdentifier"] for item in response.get("batchItemFailures", [])]
        numbers = [record["kinesis"]["sequenceNumber"] for record in left]
        left = left[numbers.index(failed[0]) + 1 :] if failed else []
        given_up += failed
    assert stream.ids == [1, 2, 3, 4]
    assert given_up == ["2", "4", "5"]


def test_records_with_one_id_are_all_published_in_order() -> None:
    function = composed(stream := Stream())
    miles = [encoded(GOOD | {"ride": GOOD["ride"] | {"trip_distance": n}}) for n in range(5)]
    handled(function, kinesis_event(*miles))
    assert [p["prediction"]["ride_duration"] for p in stream.published] == [10, 11, 12, 13, 14]


def test_what_could_not_be_published_is_reported_from_the_first_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = kinesis_event(*rides(1, 1), encoded("bad"))
    response = handled(composed(stream := Stream(room=1)), event)
    assert stream.ids == [1]
    assert response["predictions"] == stream.published
    assert response["batchItemFailures"] == [{"itemIdentifier": "1"}]
    assert "rejected" not in response
    [record] = [vars(record) for record in caplog.records if record.levelname == "ERROR"]
    assert record["sequence_number"] == "1"
    assert "AccessDenied" in record["reason"]


def test_if_nothing_could_be_published_the_function_fails() -> None:
    """So that a role without PutRecords is seen at once, in the console too."""
    with pytest.raises(PublishError, match=r"ride_predictions took no predictions: .*AccessDenied"):
        handled(composed(Stream(room=0)), kinesis_event(*rides(1), "*"))


def test_retries_end_before_the_invocation_does() -> None:
    function = composed(Stream(room=0, error="ThrottlingException"))
    with pytest.raises(PublishError, match="in 1 attempts"):
        function.handle(kinesis_event(*rides(1)), lambda: 0.5)


def test_the_context_tells_how_long_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 500

    function = composed(Stream(room=0, error="ThrottlingException"))
    monkeypatch.setattr(lambda_function, "function", lambda: function)
    with pytest.raises(PublishError, match="in 1 attempts"):
        lambda_function.lambda_handler(kinesis_event(*rides(1)), Context())
    assert lambda_function.lambda_handler(GOOD, None)["predictions"]  # as in the tutorials' test.py


@pytest.mark.parametrize(
    "records",
    [None, "x", [None], [{}], [{"kinesis": None}], [{"kinesis": {}}], [{"body": "SQS's"}]],
)
def test_records_that_are_not_from_kinesis_are_refused(records: object) -> None:
    with pytest.raises(InvalidEvent, match="expected a"):
        handled(composed(Stream()), {"Records": records})


def test_a_batch_with_no_good_record_does_not_reach_the_model() -> None:
    function = composed(Stream())
    assert handled(function, kinesis_event("*"))["predictions"] == []
    assert handled(function, {"Records": []}) == {"predictions": []}
    model: Any = function.predictor
    assert model.calls == []


def test_a_console_test_event_is_predicted_and_not_published() -> None:
    [answer] = handled(composed(stream := Stream()), GOOD)["predictions"]
    assert answer["prediction"] == {"ride_duration": 13.66, "ride_id": 156}
    assert stream.published == []


def test_a_bad_console_test_event_fails() -> None:
    with pytest.raises(InvalidEvent, match="ride: expected dict, but it is missing"):
        handled(composed(), {"rides": []})


def test_bikes_go_the_same_way() -> None:
    hour = {"features": {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}, "pred_id": 123}
    response = handled(composed(stream := Stream(), "bike"), kinesis_event(encoded(hour)))
    assert response == {"predictions": stream.published}
    assert stream.published[0]["prediction"] == {"cnt": 12.0, "pred_id": 123}


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_tutorials_events_get_the_tutorials_answers(path: Path) -> None:
    response = handled(composed(), event := json.loads(path.read_text()))
    if "-ride-" in path.stem:
        [answer] = response["predictions"]
        assert str(answer["prediction"]["ride_id"]) == path.stem.split("-")[2]
        assert "batchItemFailures" not in response
    else:
        number = event["Records"][0]["kinesis"]["sequenceNumber"]
        assert response["predictions"] == []
        assert response["batchItemFailures"] == [{"itemIdentifier": number}]
        assert [r["reason"] for r in response["rejected"]] == ["data: expected JSON"]


def test_a_batch_is_logged_with_counts_and_durations_and_no_payload(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        handled(composed(Stream()), kinesis_event(*rides("secret", 2), "*"))
    [batch] = [vars(record) for record in caplog.records if record.message == "batch"]
    assert (batch["records"], batch["predicted"], batch["published"]) == (3, 2, 2)
    assert all(batch[name] >= 0 for name in ("decode_ms", "predict_ms", "publish_ms"))
    assert "secret" not in str([vars(record) for record in caplog.records])


# ---- set-up; the models themselves are in serving/test_models.py


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Of a function whose model predicts the mean of what it saw."""
    from serving_models import save_mean

    return {"MODEL_URI": str(save_mean(tmp_path)), "TEST_RUN": "True"}


def test_the_environment_names_everything(environ: dict[str, str]) -> None:
    function = lambda_function.from_environment(environ | {"RUN_ID": "r1"})
    assert function.put_records is None
    [answer] = handled(function, GOOD)["predictions"]
    assert (answer["model"], answer["version"]) == ("ride-duration", "r1")
    named = environ | {"RUN_ID": "r1", "MODEL_NAME": "m", "MODEL_VERSION": "3"}
    function = lambda_function.from_environment(named)
    assert (function.model, function.version) == ("m", "3")
    assert lambda_function.from_environment(environ).version == "unknown"


@pytest.mark.parametrize(
    ("variables", "pipeline", "stream"),
    [
        ({}, "ride", "ride_predictions"),
        ({"PREDICTIONS_STREAM_NAME": "ride_prediction"}, "ride", "ride_prediction"),
        ({"PIPELINE": "bike"}, "bike", "bike-predictions"),
        ({"PIPELINE": "bike", "OUTPUT_STREAM": "b"}, "bike", "b"),
        ({"PREDICTION_STREAM_NAME": "p"}, "ride", "p"),
    ],
)
def test_a_pipeline_has_names_of_its_own(
    environ: dict[str, str], variables: dict[str, str], pipeline: str, stream: str
) -> None:
    function = lambda_function.from_environment(environ | variables)
    assert (function.pipeline, function.stream) == (PIPELINES[pipeline], stream)


def test_an_unknown_pipeline_is_refused_with_those_there_are() -> None:
    with pytest.raises(ModelError, match="PIPELINE=cars is none of ride, bike"):
        lambda_function.from_environment({"PIPELINE": "cars"})
