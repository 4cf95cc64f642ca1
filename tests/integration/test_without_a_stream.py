"""The function asked directly: by the SDK, by a function URL, and through API Gateway.

One prediction, however it is asked for; what is wrong with a ride comes back in the same words.
The AWS CLI's part is docs/without-a-stream.md, which tests/e2e runs.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from devenv.aws import Aws
from devenv.settings import Settings

RIDE = {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}
EVENT = {"ride": RIDE, "ride_id": "Zoë"}
BAD = {"ride": RIDE | {"trip_distance": -1}, "ride_id": 1}
MESSAGE = "trip_distance: expected a finite number of miles, 0 or more"

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
"""What curl sends by default."""

type Answer = tuple[int, Any]


def call(url: str, body: bytes | None, **headers: str) -> Answer:
    """Status and JSON body of a POST, or of a GET without a body."""
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture(scope="module")
def predicted(system: Settings, aws: Aws) -> dict[str, Any]:
    """What the SDK's Invoke returns for EVENT."""
    answer = aws.functions.invoke(
        FunctionName=system.function_name, Payload=json.dumps(EVENT).encode()
    )
    assert "FunctionError" not in answer
    return dict(json.load(answer["Payload"]))


def test_the_sdk_gets_the_prediction(predicted: dict[str, Any]) -> None:
    (prediction,) = predicted["predictions"]
    assert prediction["prediction"]["ride_id"] == "Zoë"
    assert 0 < prediction["prediction"]["ride_duration"] < 60


def test_the_sdk_gets_the_reason_of_a_refusal(system: Settings, aws: Aws) -> None:
    """As a function error: Lambda's own status stays 200."""
    answer = aws.functions.invoke(
        FunctionName=system.function_name, Payload=json.dumps(BAD).encode()
    )
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.load(answer["Payload"])
    assert (error["errorType"], error["errorMessage"]) == ("InvalidEvent", MESSAGE)


@pytest.fixture(scope="module")
def function_url(system: Settings, aws: Aws) -> Iterator[tuple[str, str]]:
    """Where the function's URL answers, and the host that it is asked for there: the URL's own,
    which no name server knows. It answers 403 until both permissions are given."""
    name = {"FunctionName": system.function_name}
    made = aws.functions.create_function_url_config(**name, AuthType="NONE")
    parts = urlsplit(made["FunctionUrl"])
    url = f"{system.endpoint_url}{parts.path}"
    for action, more in (
        ("InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        assert call(url, None, Host=parts.netloc)[0] == 403
        statement = {"StatementId": action, "Principal": "*", "Action": f"lambda:{action}"}
        aws.functions.add_permission(**name, **statement, **more)
    yield url, parts.netloc
    aws.functions.update_function_url_config(**name, AuthType="AWS_IAM")
    assert call(url, None, Host=parts.netloc)[0] == 403
    for action in ("InvokeFunctionUrl", "InvokeFunction"):
        aws.functions.remove_permission(**name, StatementId=action)
    aws.functions.delete_function_url_config(**name)


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_function_url_gets_the_prediction(
    function_url: tuple[str, str], predicted: dict[str, Any], content_type: str
) -> None:
    """With a path, too; and what isn't sent as JSON, which comes as base64."""
    url, host = function_url
    body = json.dumps(EVENT, ensure_ascii=False).encode()
    headers = {"Host": host, "Content-Type": content_type}
    assert call(url, body, **headers) == (200, predicted)
    assert call(f"{url}predict?now=1", body, **headers) == (200, predicted)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (json.dumps(BAD).encode(), MESSAGE),
        (b"Hello", "body: expected JSON"),
        (b"\xff", "body: expected JSON"),
        (None, "body: expected JSON"),
    ],
    ids=["bad ride", "not JSON", "not UTF-8", "a GET"],
)
def test_a_function_url_tells_what_is_wrong(
    function_url: tuple[str, str], body: bytes | None, message: str
) -> None:
    url, host = function_url
    expected = (400, {"message": message})
    assert call(url, body, Host=host, **{"Content-Type": JSON}) == expected


@pytest.fixture(scope="module")
def rest_api(system: Settings, aws: Aws) -> Iterator[str]:
    """A REST API with POST /predict, deployed as stage dev; its address."""
    gateway = boto3.client(
        "apigateway", endpoint_url=system.endpoint_url, region_name=system.region
    )
    config = aws.functions.get_function_configuration(FunctionName=system.function_name)
    api = gateway.create_rest_api(name="rides")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    resource = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="predict")
    method = {"restApiId": api, "resourceId": resource["id"], "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="NONE")
    path = f"lambda:path/2015-03-31/functions/{config['FunctionArn']}/invocations"
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{system.region}:{path}",
    )
    permission = {"FunctionName": system.function_name, "StatementId": "rest-api"}
    aws.functions.add_permission(
        **permission,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{system.region}:000000000000:{api}/*/POST/predict",
    )
    gateway.create_deployment(restApiId=api, stageName="dev")
    yield f"{system.endpoint_url}/_aws/execute-api/{api}/dev"
    aws.functions.remove_permission(**permission)
    gateway.delete_rest_api(restApiId=api)


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_api_gateway_gets_the_prediction(
    rest_api: str, predicted: dict[str, Any], content_type: str
) -> None:
    """By a proxy integration, as the console makes one."""
    body = json.dumps(EVENT, ensure_ascii=False).encode()
    headers = {"Content-Type": content_type}
    assert call(f"{rest_api}/predict", body, **headers) == (200, predicted)


def test_api_gateway_tells_what_is_wrong(rest_api: str) -> None:
    """The function's 400; and API Gateway's own answer to a path that it doesn't have."""
    body = json.dumps(BAD).encode()
    headers = {"Content-Type": JSON}
    assert call(f"{rest_api}/predict", body, **headers) == (400, {"message": MESSAGE})
    assert call(f"{rest_api}/other", body)[0] == 403


def test_nothing_of_it_is_published(
    system: Settings, aws: Aws, predicted: dict[str, Any], function_url: tuple[str, str]
) -> None:
    """Who asks gets the answer; the stream of predictions is the stream's."""
    stream = {"StreamName": system.predictions_stream}
    (shard, *_) = aws.kinesis.list_shards(**stream)["Shards"]
    latest = aws.kinesis.get_shard_iterator(
        **stream, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
    )
    url, host = function_url
    assert call(url, json.dumps(EVENT).encode(), Host=host) == (200, predicted)
    page = aws.kinesis.get_records(ShardIterator=latest["ShardIterator"])
    assert page["Records"] == []
