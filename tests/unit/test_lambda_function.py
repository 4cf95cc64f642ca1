"""The function's own rules, with fakes for the model, Kinesis and S3."""

from __future__ import annotations

import base64
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import lambda_function as function

EVENTS = Path(__file__).parents[1] / "events"
GOOD: dict[str, Any] = {
    "ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66},
    "ride_id": 156,
}


class TenMinutes:
    """A model for which every ride takes 10 minutes and as many more as it has miles."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []

    def predict(self, features: list[Any], /) -> list[float]:
        self.calls.append(features)
        return [10 + float(f["trip_distance"]) for f in features]


class Stream:
    """Kinesis's PutRecords, failing the given number of times for the given partition keys."""

    def __init__(self, failures: dict[str, int] | None = None) -> None:
        self.failures = failures or {}
        self.calls: list[list[str]] = []

    def put_records(self, *, StreamName: str, Records: list[Any]) -> dict[str, Any]:
        self.calls.append([r["PartitionKey"] for r in Records])
        return {"Records": [self.answer(r["PartitionKey"]) for r in Records]}

    def answer(self, key: str) -> dict[str, str]:
        if self.failures.get(key, 0) == 0:
            return {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
        self.failures[key] -= 1
        return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}


def composed(send: Any = None) -> tuple[function.RideFunction, TenMinutes]:
    model = TenMinutes()
    return function.RideFunction("ride-duration", "7", model, send), model


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def kinesis_event(*data: object) -> dict[str, Any]:
    records = [{"kinesis": {"sequenceNumber": str(n), "data": d}} for n, d in enumerate(data)]
    return {"Records": records}


def ride(**changes: object) -> dict[str, Any]:
    return GOOD | {"ride": GOOD["ride"] | changes}


def prediction(ride_id: object) -> dict[str, Any]:
    return {"prediction": {"ride_duration": 1.0, "ride_id": ride_id}}


# ---- decode, features, predict


def test_a_batch_is_predicted_by_one_call_and_published_in_order() -> None:
    sent: list[Any] = []
    f, model = composed(sent.extend)
    second = GOOD | {"ride_id": "b"}
    response = f.handle(kinesis_event(encoded(GOOD), encoded(second)))
    assert model.calls == [[{"PU_DO": "130_205", "trip_distance": 3.66}] * 2]
    assert response == {"predictions": sent}
    assert sent[0] == {
        "model": "ride-duration",
        "version": "7",
        "prediction": {"ride_duration": 13.66, "ride_id": 156},
    }
    assert sent[1]["prediction"]["ride_id"] == "b"


NUMBER, ID = "expected int or float", "expected int or str"
MILES = "trip_distance: expected a finite number of miles, 0 or more"
UNICODE_ID = "ride_id: expected 1 to 256 characters of valid Unicode"
BAD: dict[str, tuple[object, str]] = {
    "no data": (None, "data: expected base64 text, got NoneType"),
    "not base64": ("*not base64*", "data: expected base64"),
    "not ASCII": ("é", "data: expected base64"),
    "not UTF-8": (base64.b64encode(b"\xff\xfe{").decode(), "data: expected UTF-8 text"),
    "empty": ("", "data: expected JSON"),
    "not JSON": (base64.b64encode(b"Hello").decode(), "data: expected JSON"),
    "5,000 digits": (base64.b64encode(b"9" * 5000).decode(), "data: expected JSON"),
    "200,000 brackets": (base64.b64encode(b"[" * 200_000).decode(), "data: expected JSON"),
    "a list": (encoded([GOOD]), "event: expected a JSON object, got list"),
    "a number": (encoded(3), "event: expected a JSON object, got int"),
    "no ride": (encoded({"ride_id": 1}), "ride: expected dict, but it is missing"),
    "ride a list": (encoded(GOOD | {"ride": []}), "ride: expected dict, got list"),
    "no ride_id": (encoded({"ride": {}}), f"ride_id: {ID}, but it is missing"),
    "ride_id null": (encoded(GOOD | {"ride_id": None}), f"ride_id: {ID}, got NoneType"),
    "ride_id true": (encoded(GOOD | {"ride_id": True}), f"ride_id: {ID}, got bool"),
    "ride_id 1.5": (encoded(GOOD | {"ride_id": 1.5}), f"ride_id: {ID}, got float"),
    "ride_id empty": (encoded(GOOD | {"ride_id": ""}), UNICODE_ID),
    "ride_id long": (encoded(GOOD | {"ride_id": "x" * 257}), UNICODE_ID),
    "ride_id half a pair": (encoded(GOOD | {"ride_id": "\ud800"}), UNICODE_ID),
    "no distance": (
        encoded(GOOD | {"ride": {"PULocationID": 1, "DOLocationID": 2}}),
        f"trip_distance: {NUMBER}, but it is missing",
    ),
    "distance a text": (encoded(ride(trip_distance="3")), f"trip_distance: {NUMBER}, got str"),
    "distance true": (encoded(ride(trip_distance=True)), f"trip_distance: {NUMBER}, got bool"),
    "distance NaN": (encoded(ride(trip_distance=float("nan"))), MILES),
    "distance infinite": (encoded(ride(trip_distance=float("inf"))), MILES),
    "distance negative": (encoded(ride(trip_distance=-0.1)), MILES),
    "distance past 32 bits": (encoded(ride(trip_distance=1e39)), MILES),
    "distance past 64 bits": (encoded(ride(trip_distance=10**400)), MILES),
    "pickup null": (encoded(ride(PULocationID=None)), f"PULocationID: {ID}, got NoneType"),
    "pickup 130.0": (encoded(ride(PULocationID=130.0)), f"PULocationID: {ID}, got float"),
    "dropoff a list": (encoded(ride(DOLocationID=[205])), f"DOLocationID: {ID}, got list"),
    "dropoff false": (encoded(ride(DOLocationID=False)), f"DOLocationID: {ID}, got bool"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_record_is_reported_and_its_neighbours_are_published(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    data, reason = BAD[case]
    sent: list[Any] = []
    f, _ = composed(sent.extend)
    with caplog.at_level(logging.WARNING):
        response = f.handle(kinesis_event(encoded(GOOD), data, encoded(GOOD | {"ride_id": 2})))
    assert [p["prediction"]["ride_id"] for p in sent] == [156, 2]
    assert response["rejected"] == [{"sequence_number": "1", "reason": reason}]
    assert [r.getMessage() for r in caplog.records] == [f"rejected record 1: {reason}"]


@pytest.mark.parametrize("record", [None, {}, {"kinesis": None}, {"body": "of SQS"}])
def test_a_record_that_is_not_from_kinesis_is_reported(record: object) -> None:
    response = composed()[0].handle({"Records": [record]})
    reason = "kinesis: expected a record from a Kinesis stream"
    assert response["rejected"] == [{"sequence_number": "unknown", "reason": reason}]


def test_a_batch_with_no_good_record_does_not_reach_the_model() -> None:
    f, model = composed(lambda predictions: None)
    assert f.handle(kinesis_event("*"))["predictions"] == []
    assert f.handle({"Records": []}) == {"predictions": []}
    assert model.calls == []


def test_a_console_test_event_is_predicted_and_not_published() -> None:
    f, _ = composed(lambda predictions: pytest.fail("published"))
    [answer] = f.handle(GOOD)["predictions"]
    assert answer["prediction"] == {"ride_duration": 13.66, "ride_id": 156}


def test_a_bad_console_test_event_fails() -> None:
    with pytest.raises(function.InvalidRide, match="ride: expected dict, but it is missing"):
        composed()[0].handle({"rides": []})


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_tutorials_events_get_the_tutorials_answers(path: Path) -> None:
    response = composed()[0].handle(json.loads(path.read_text()))
    if "-ride-" in path.stem:
        [answer] = response["predictions"]
        assert str(answer["prediction"]["ride_id"]) == path.stem.split("-")[2]
        assert "rejected" not in response
    else:
        assert response["predictions"] == []
        assert [r["reason"] for r in response["rejected"]] == ["data: expected JSON"]


# ---- publish


def test_an_entry_is_keyed_by_ride_id() -> None:
    assert function.entry(prediction(5)) == {
        "Data": b'{"prediction": {"ride_duration": 1.0, "ride_id": 5}}',
        "PartitionKey": "5",
    }


def test_a_chunk_has_at_most_500_entries() -> None:
    entries = [{"Data": b"x", "PartitionKey": str(n)} for n in range(1001)]
    chunks = list(function.chunks(entries))
    assert [len(c) for c in chunks] == [500, 500, 1]
    assert [e for chunk in chunks for e in chunk] == entries


def test_a_chunk_has_at_most_10_mib_of_data_and_keys() -> None:
    half = {"Data": b"x" * (5 * 1024 * 1024 - 2), "PartitionKey": "é"}
    more = {"Data": b"x" * (5 * 1024 * 1024 - 1), "PartitionKey": "é"}
    assert [len(c) for c in function.chunks([half, half, half])] == [2, 1]
    assert [len(c) for c in function.chunks([half, more])] == [1, 1]


def test_only_failed_entries_are_resent_after_a_wait() -> None:
    stream, waits = Stream({"2": 2, "4": 1}), list[float]()
    function.publish(stream.put_records, "s", [prediction(n) for n in range(5)], waits.append)
    assert stream.calls == [["0", "1", "2", "3", "4"], ["2", "4"], ["2"]]
    assert len(waits) == 2
    assert 0 <= waits[0] <= 0.1
    assert 0 <= waits[1] <= 0.2


def test_entries_that_never_go_through_are_counted_and_named() -> None:
    stream, waits = Stream({"2": 99}), list[float]()
    with pytest.raises(function.PublishError) as e:
        function.publish(stream.put_records, "s", [prediction(n) for n in range(501)], waits.append)
    assert str(e.value) == (
        "2 of 501 predictions were not published to s after 6 attempts:"
        " ProvisionedThroughputExceededException slow down"
    )  # the failed one, and the second chunk, which was not tried
    assert len(stream.calls) == 6
    assert len(waits) == 5


def test_nothing_to_publish_calls_nothing() -> None:
    stream = Stream()
    function.publish(stream.put_records, "s", [])
    assert stream.calls == []


def test_waits_double_and_are_jittered() -> None:
    assert [function.backoff(n, lambda low, high: high) for n in range(3)] == [0.1, 0.2, 0.4]
    assert function.backoff(3, lambda low, high: low) == 0


# ---- set-up and model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small forest, in a folder as mlflow 3.17 writes it (checked against the real thing)."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.pipeline import make_pipeline
    from skops.io import dump

    forest = RandomForestRegressor(n_estimators=2, random_state=0, n_jobs=-1)
    model = make_pipeline(DictVectorizer(), forest)
    model.fit([{"PU_DO": "130_205", "trip_distance": float(n)} for n in range(9)], range(9))
    folder = tmp_path_factory.mktemp("model")
    dump(model, folder / "model.skops")
    return folder


def with_mlmodel(saved: Path, folder: Path, **changes: object) -> Path:
    import sklearn
    import yaml

    flavor: dict[str, object] = {
        "code": None,
        "pickled_model": "model.skops",
        "serialization_format": "skops",
        "sklearn_version": sklearn.__version__,
        "skops_trusted_types": ["sklearn.tree._tree.Tree"],
    }
    pyfunc = {"loader_module": "mlflow.sklearn", "model_path": "model.skops"}
    flavors = {"python_function": pyfunc, "sklearn": flavor | changes}
    (folder / "model.skops").symlink_to(saved / "model.skops")
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}))
    return folder


@pytest.mark.parametrize("form", [str, Path.as_uri])
def test_a_skops_model_is_loaded_and_made_single_threaded(
    saved: Path, tmp_path: Path, form: Any
) -> None:
    environ = {"MODEL_URI": form(with_mlmodel(saved, tmp_path)), "TEST_RUN": "True"}
    f = function.from_environment(environ | {"RUN_ID": "r1"})
    model: Any = f.predictor
    assert model.named_steps["randomforestregressor"].n_jobs == 1
    assert f.send is None
    [answer] = f.handle(GOOD)["predictions"]
    assert answer["model"] == "ride-duration"
    assert answer["version"] == "r1"
    assert 0 <= answer["prediction"]["ride_duration"] <= 8
    named = function.from_environment(environ | {"MODEL_NAME": "m", "MODEL_VERSION": "3"})
    assert (named.model, named.version) == ("m", "3")
    assert function.from_environment(environ).version == "unknown"


def test_another_scikit_learn_is_refused_with_both_versions(saved: Path, tmp_path: Path) -> None:
    import sklearn

    folder = with_mlmodel(saved, tmp_path, sklearn_version="1.2.2")
    with pytest.raises(function.ModelError, match=rf"1\.2\.2, this .* {sklearn.__version__}:"):
        function.load_model(str(folder))


@pytest.mark.parametrize("declared", [None, ["some.other.Type"]])
def test_a_type_that_is_not_declared_is_refused_by_name(
    saved: Path, tmp_path: Path, declared: object
) -> None:
    folder = with_mlmodel(saved, tmp_path, skops_trusted_types=declared)
    with pytest.raises(function.ModelError, match=r"not declare: sklearn\.tree\._tree\.Tree\."):
        function.load_model(str(folder))


def test_mlflows_switch_against_loading_models_is_obeyed(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(function.ModelError, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
        function.load_model(str(with_mlmodel(saved, tmp_path)))


@pytest.mark.parametrize("text", ["", "- 1", "flavors: 3", "{", "flavors: {sklearn: 3}"])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(function.ModelError, match="there is no MLmodel in it"):
        function.load_model(str(tmp_path))
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(function.ModelError, match="does not describe an MLflow model"):
        function.load_model(str(tmp_path))


def test_no_model_names_what_to_set() -> None:
    with pytest.raises(function.ModelError, match=r"set MODEL_URI .* or RUN_ID and MLFLOW_TRACK"):
        function.model_uri({"RUN_ID": "abc"})


def test_a_run_id_is_resolved_by_the_tracking_server() -> None:
    environ = {"RUN_ID": "abc", "MLFLOW_TRACKING_URI": "sqlite:///x"}
    assert function.model_uri(environ) == "runs:/abc/model"
    assert function.model_uri(environ | {"MODEL_URI": "s3://b/m"}) == "s3://b/m"


# ---- S3


class Bucket:
    """S3's GetObject over a dict of keys."""

    def __init__(self, objects: dict[str, bytes], etag: str = "e1") -> None:
        self.objects, self.etag, self.reads = objects, etag, 0

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no key"}}, "GetObject")
        return {"ETag": f'"{self.etag}"', "Body": Body(self, self.objects[Key])}


class Body(io.BytesIO):
    def __init__(self, bucket: Bucket, content: bytes) -> None:
        super().__init__(content)
        self.bucket = bucket

    def read(self, size: int | None = -1, /) -> bytes:
        self.bucket.reads += 1
        data = super().read(size)
        if data == b"cut short":
            raise ClientError({"Error": {"Code": "IncompleteRead", "Message": ""}}, "GetObject")
        return data


def test_an_object_is_downloaded_once_for_each_content(tmp_path: Path) -> None:
    bucket = Bucket({"models/m-1/MLmodel": b"flavors: {}"})
    uri, folder = "s3://b/models/m-1/", tmp_path / "cache"
    first = function.download(bucket.get_object, uri, folder, "MLmodel")
    assert first.read_bytes() == b"flavors: {}"
    reads = bucket.reads
    assert function.download(bucket.get_object, uri, folder, "MLmodel") == first
    assert bucket.reads == reads
    other = Bucket({"models/m-1/MLmodel": b"flavors: {new}"}, etag="e2")
    second = function.download(other.get_object, uri, folder, "MLmodel")
    assert second.read_bytes() == b"flavors: {new}"


def test_a_download_that_is_cut_short_leaves_nothing(tmp_path: Path) -> None:
    bucket = Bucket({"m": b"cut short"})
    with pytest.raises(function.ModelError, match="can't get m from it"):
        function.download(bucket.get_object, "s3://b", tmp_path / "cache", "m")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    with pytest.raises(function.ModelError, match=r"s3://b/p: can't get MLmodel .*NoSuchKey"):
        function.download(Bucket({}).get_object, "s3://b/p", tmp_path / "cache", "MLmodel")
