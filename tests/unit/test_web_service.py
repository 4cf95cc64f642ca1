"""The web service's answers, by the framework's own test client: nothing listens anywhere."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

import web_service
from lambda_function import PredictionFunction
from serving.events import PIPELINES

RIDE = {"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}
JSON = {"Content-Type": "application/json"}
FORM = "application/x-www-form-urlencoded"


class TenMinutes:
    """A model for which every ride takes 10 minutes and as many more as it has miles."""

    def predict(self, rows: list[Any], /) -> list[float]:
        if any(row["PU_DO"] == "no_model" for row in rows):
            raise ZeroDivisionError
        return [10 + float(row["trip_distance"]) for row in rows]


class Hires:
    """A model for which there are as many hires in an hour as it has degrees."""

    def predict(self, rows: list[Any], /) -> list[float]:
        return [row["t1"] for row in rows]


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def served(pipeline: str, predictor: Any) -> PredictionFunction:
    return PredictionFunction(PIPELINES[pipeline], "a-model", "7", predictor, put_records=None)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = web_service.make_app(lambda: served("ride", TenMinutes()))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def test_a_ride_gets_its_duration_and_the_models_version(client: TestClient) -> None:
    """As the tutorials ask and are answered."""
    answer = client.post("/predict", json=RIDE)
    assert (answer.status_code, answer.json()) == (200, {"duration": 50.0, "model_version": "7"})
    assert answer.headers["content-type"] == "application/json"


def test_zones_may_be_text_and_other_fields_pass(client: TestClient) -> None:
    ride = RIDE | {"PULocationID": "10", "passengers": 2}
    assert client.post("/predict", json=ride).json()["duration"] == 50.0


def test_another_pipeline_is_served_by_its_own_names() -> None:
    """Hours of bike hire: the checks are its own, too."""
    hour = {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}
    with TestClient(web_service.make_app(lambda: served("bike", Hires()))) as client:
        answer = client.post("/predict", json=hour)
        assert (answer.status_code, answer.json()) == (200, {"cnt": 2.0, "model_version": "7"})
        answer = client.post("/predict", json=hour | {"hum": 101})
        assert (answer.status_code, answer.json()) == (
            400,
            {"message": "hum: expected a percentage, 0 to 100"},
        )


def test_health_names_the_model(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "model": "a-model", "model_version": "7"}


MILES = "trip_distance: expected a finite number of miles, 0 or more"
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "body: expected JSON"),
    "not JSON": (b"Hello", "body: expected JSON"),
    "not UTF-8": (b'{"PULocationID": "\xff"}', "body: expected JSON"),
    "cut short": (b'{"PULocationID": 1', "body: expected JSON"),
    "60,000 brackets": (b"[" * 60_000, "body: expected JSON"),
    "5,000 digits": (b"9" * 5_000, "body: expected JSON"),
    "a list": (json.dumps([RIDE]).encode(), "body: expected a JSON object, got list"),
    "null": (b"null", "body: expected a JSON object, got NoneType"),
    "empty": (b"{}", "PULocationID: expected int or str, but it is missing"),
    "an event of the stream": (
        json.dumps({"ride": RIDE, "ride_id": 1}).encode(),
        "PULocationID: expected int or str, but it is missing",
    ),
    "distance a text": (
        json.dumps(RIDE | {"trip_distance": "3"}).encode(),
        "trip_distance: expected int or float, got str",
    ),
    "zone a boolean": (
        json.dumps(RIDE | {"DOLocationID": True}).encode(),
        "DOLocationID: expected int or str, got bool",
    ),
    "NaN": (json.dumps(RIDE | {"trip_distance": float("nan")}).encode(), MILES),
    "infinite": (json.dumps(RIDE | {"trip_distance": float("inf")}).encode(), MILES),
    "1e999": (json.dumps(RIDE).replace("40", "1e999").encode(), MILES),
    "1e300": (json.dumps(RIDE | {"trip_distance": 1e300}).encode(), MILES),
    "negative": (json.dumps(RIDE | {"trip_distance": -1}).encode(), MILES),
}


@pytest.mark.parametrize(("body", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_told_by_field_and_what_was_expected(
    client: TestClient, body: bytes, message: str
) -> None:
    answer = client.post("/predict", content=body, headers=JSON)
    assert (answer.status_code, answer.json()) == (400, {"message": message})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
BODIES = (
    st.binary()
    | VALUES.map(encoded)
    | st.fixed_dictionaries(dict.fromkeys(RIDE, VALUES)).map(encoded)
)


@given(body=BODIES)
def test_whatever_is_sent_gets_a_prediction_or_the_reason(client: TestClient, body: bytes) -> None:
    """Bytes, any JSON, and rides of any JSON."""
    answer = client.post("/predict", content=body, headers=JSON)
    if answer.status_code != 200:
        assert answer.status_code == 400
        field, expected, _ = answer.json()["message"].partition(": expected ")
        assert field in {*RIDE, "body"}
        assert expected


@pytest.mark.parametrize(
    ("headers", "got"),
    [
        ({}, "none"),
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            "application/x-www-form-urlencoded",
        ),
        ({"Content-Type": "text/plain; charset=utf-8"}, "text/plain"),
    ],
)
def test_what_is_not_sent_as_json_is_refused(
    client: TestClient, headers: dict[str, str], got: str
) -> None:
    """415, for `curl -d` without a header, say."""
    answer = client.post("/predict", content=json.dumps(RIDE).encode(), headers=headers)
    expected = {"message": f"Content-Type: expected application/json, got {got}"}
    assert (answer.status_code, answer.json()) == (415, expected)


def test_json_with_a_charset_is_json(client: TestClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/predict", content=json.dumps(RIDE), headers=headers).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(client: TestClient, chunked: bool) -> None:
    """413, also if its length isn't told beforehand."""
    piece = b" " * 4096
    many = [piece] * (web_service.MAX_BODY // len(piece) + 1)
    content: Any = iter(many) if chunked else b"".join(many)
    answer = client.post("/predict", content=content, headers=JSON)
    message = f"body: expected at most {web_service.MAX_BODY} bytes"
    assert (answer.status_code, answer.json()) == (413, {"message": message})


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/", 404, "Not Found"),
        ("POST", "/predict/", 404, "Not Found"),
        ("GET", "/predict", 405, "Method Not Allowed"),
        ("POST", "/health", 405, "Method Not Allowed"),
    ],
)
def test_what_is_not_there_is_told_as_json(
    client: TestClient, method: str, path: str, status: int, message: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {"message": message})


def test_a_failure_of_the_model_is_told_without_its_reason(client: TestClient) -> None:
    """500; the traceback is for the log, and the next request is answered."""
    answer = client.post("/predict", json=RIDE | {"PULocationID": "no", "DOLocationID": "model"})
    assert answer.status_code == 500
    assert answer.json() == {"message": "the prediction failed: see the service's log"}
    assert client.post("/predict", json=RIDE).status_code == 200


def test_rides_at_once_get_their_own_durations(client: TestClient) -> None:
    def duration(miles: int) -> float:
        return float(
            client.post("/predict", json=RIDE | {"trip_distance": miles}).json()["duration"]
        )

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(duration, range(64))) == [10.0 + miles for miles in range(64)]


def test_the_description_names_what_predict_takes_and_gives(client: TestClient) -> None:
    """OpenAPI; its example is answered."""
    operation = client.get("/openapi.json").json()["paths"]["/predict"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert {"200", "400", "413", "415"} <= operation["responses"].keys()
    assert examples.keys() == PIPELINES.keys()
    for name, example in examples.items():
        assert PIPELINES[name].features(example["value"])
    assert client.post("/predict", json=examples["ride"]["value"]).status_code == 200


def test_a_model_that_cannot_be_loaded_ends_the_service() -> None:
    """Before it takes any request."""

    def load() -> PredictionFunction:
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"), TestClient(web_service.make_app(load)):
        pytest.fail("it started")


def test_small_answers_are_sent_at_once() -> None:
    """On connections, too: with Nagle's algorithm each answer takes 40 ms more."""
    config = uvicorn.Config(web_service.app, port=0, workers=2, log_config=None)
    with web_service.listen(config) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


class Lambda:
    """Lambda's client, knowing one function."""

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        assert FunctionName == "rides"
        return {"Environment": {"Variables": {"MODEL_URI": "s3://b/m", "TEST_RUN": "False"}}}


def test_the_model_is_the_one_that_the_function_has() -> None:
    """Named by FUNCTION_NAME; and nothing is ever published."""
    variables = web_service.model_variables({"FUNCTION_NAME": "rides", "HOME": "/"}, Lambda)
    expected = {"FUNCTION_NAME": "rides", "HOME": "/", "MODEL_URI": "s3://b/m", "TEST_RUN": "True"}
    assert variables == expected


def test_the_pipelines_function_is_asked_where_none_is_named() -> None:
    """As under compose, where PIPELINE alone may be set."""
    asked: list[str] = []

    class Client:
        def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
            asked.append(FunctionName)
            return {"Environment": {"Variables": {"MODEL_URI": "s3://b/m"}}}

    for environ in ({"PIPELINE": "bike", "FUNCTION_NAME": ""}, {"PIPELINE": "ride"}):
        assert web_service.model_variables(environ, Client)["MODEL_URI"] == "s3://b/m"
    assert asked == ["bike-prediction", "ride-duration-prediction"]
    assert web_service.model_variables({"PIPELINE": "trains"}, pytest.fail) == {
        "PIPELINE": "trains",
        "TEST_RUN": "True",
    }


@pytest.mark.parametrize("own", [{"MODEL_URI": "s3://b/own"}, {"RUN_ID": "abc"}])
def test_a_model_of_its_own_goes_first(own: dict[str, str]) -> None:
    """The function isn't asked then."""
    given = {"FUNCTION_NAME": "rides", **own}
    assert web_service.model_variables(given, pytest.fail) == given | {"TEST_RUN": "True"}
