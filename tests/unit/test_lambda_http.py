"""The function asked over HTTP: the events of function URLs and of API Gateway."""

import base64
import json
from typing import Any

import pytest

import lambda_function
from serving.events import PIPELINES

RIDE = {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}
EVENT = {"ride": RIDE, "ride_id": "156é"}
FUNCTION_URL: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/",
    "requestContext": {"http": {"method": "POST", "path": "/"}, "stage": "$default"},
    "isBase64Encoded": False,
}
REST_API: dict[str, Any] = {
    "resource": "/predict",
    "path": "/predict",
    "httpMethod": "POST",
    "requestContext": {"httpMethod": "POST", "stage": "dev"},
    "isBase64Encoded": False,
}


class TenMinutes:
    def predict(self, rows: list[Any], /) -> list[float]:
        return [10.0 for _ in rows]


def answer(request: dict[str, Any]) -> tuple[int, Any]:
    """Status and body; nothing may be published."""
    handler = lambda_function.PredictionFunction(
        PIPELINES["ride"], "ride-duration", "7", TenMinutes(), put_records=pytest.fail
    )
    response = handler.handle(request, lambda: 10.0)
    assert response["headers"] == {"Content-Type": "application/json"}
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize("request_", [FUNCTION_URL, REST_API], ids=["function URL", "API Gateway"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_ride_in_the_body_is_predicted(request_: dict[str, Any], encoded: bool) -> None:
    """Text, or base64 for what the caller took for binary."""
    text = json.dumps(EVENT, ensure_ascii=False)
    body = base64.b64encode(text.encode()).decode() if encoded else text
    prediction = {"ride_duration": 10.0, "ride_id": "156é"}
    expected = {"model": "ride-duration", "version": "7", "prediction": prediction}
    request = request_ | {"body": body, "isBase64Encoded": encoded}
    assert answer(request) == (200, {"predictions": [expected]})


RECORDS = {"Records": [{"kinesis": {"sequenceNumber": "1", "data": "e30="}}]}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no body": ({}, "body: expected JSON"),
    "null": ({"body": None}, "body: expected JSON"),
    "not text": ({"body": {"ride": RIDE}}, "body: expected JSON"),
    "not JSON": ({"body": "Hello"}, "body: expected JSON"),
    "not base64": ({"body": "é", "isBase64Encoded": True}, "body: expected JSON"),
    "not UTF-8": ({"body": "/w==", "isBase64Encoded": True}, "body: expected JSON"),
    "brackets": ({"body": "[" * 200_000}, "body: expected JSON"),
    "a list": ({"body": "[]"}, "event: expected a JSON object, got list"),
    "no ride": ({"body": "{}"}, "ride: expected dict, but it is missing"),
    "records": ({"body": json.dumps(RECORDS)}, "ride: expected dict, but it is missing"),
    "a text": (
        {"body": json.dumps(EVENT | {"ride": RIDE | {"trip_distance": "far"}})},
        "trip_distance: expected int or float, got str",
    ),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_with_400(changes: dict[str, Any], message: str) -> None:
    """As the message of an invocation's error would be; the function doesn't fail."""
    assert answer(FUNCTION_URL | changes) == (400, {"message": message})
