"""A refusal has the shape that the client of each protocol reads."""

import json
from collections.abc import Mapping
from typing import Any, get_args

import botocore.parsers
import botocore.session
import pytest

from devenv.emulator.door.refusal import (
    Protocol,
    Reason,
    Refused,
    code_and_status,
    error_response,
    protocol_of,
)

OPERATIONS: dict[Protocol, tuple[str, str]] = {
    "json": ("kinesis", "ListStreams"),
    "rest-json": ("lambda", "ListFunctions"),
    "query": ("sts", "GetCallerIdentity"),
    "s3": ("s3", "ListBuckets"),
}
"""An operation of each protocol whose parser botocore has."""


def read_by_botocore(protocol: Protocol, refused: Refused) -> Mapping[str, Any]:
    """What a client of the protocol makes of the answer."""
    answer = error_response(protocol, refused)
    service, operation = OPERATIONS[protocol]
    model = botocore.session.get_session().get_service_model(service)
    parser = botocore.parsers.create_parser(model.protocol)
    headers = {"content-type": answer.content_type, **dict(answer.headers)}
    response = {
        "status_code": answer.status,
        "body": answer.body,
        "headers": {name.lower(): value for name, value in headers.items()},
    }
    parsed: Mapping[str, Any] = parser.parse(
        response, model.operation_model(operation).output_shape
    )
    return parsed


@pytest.mark.parametrize("protocol", OPERATIONS)
@pytest.mark.parametrize("reason", Reason)
def test_botocore_reads_code_and_message(protocol: Protocol, reason: Reason) -> None:
    message = "Host <evil> & co. is not a name."
    error = read_by_botocore(protocol, Refused(reason, message))["Error"]
    code, status = code_and_status(protocol, reason)
    assert (error["Code"], error["Message"]) == (code, message)
    assert status in (400, 403)


def test_cbor_is_answered_in_cbor() -> None:
    import cbor2

    answer = error_response("cbor", Refused(Reason.UNSIGNED, "why"))
    assert cbor2.loads(answer.body) == {
        "__type": "MissingAuthenticationTokenException",
        "message": "why",
    }


def test_every_protocol_has_an_answer() -> None:
    for protocol in get_args(Protocol.__value__):
        assert error_response(protocol, Refused(Reason.EXPIRED, "why")).body


@pytest.mark.parametrize(
    ("headers", "path", "query", "service", "protocol"),
    [
        ({"x-amz-target": "Kinesis_20131202.PutRecord"}, "/", "", "", "json"),
        ({"content-type": "application/x-amz-json-1.0"}, "/", "", "", "json"),
        ({"content-type": "application/x-amz-cbor-1.1"}, "/", "", "", "cbor"),
        ({}, "/2015-03-31/functions", "", "", "rest-json"),
        ({}, "/restapis", "", "apigateway", "rest-json"),
        ({}, "/_localstack/health", "", "", "rest-json"),
        ({}, "/", "Action=CreateQueue", "", "query"),
        ({"content-type": "application/x-www-form-urlencoded"}, "/", "", "", "query"),
        ({"content-type": "application/x-www-form-urlencoded"}, "/b/k", "", "", "s3"),
        ({}, "/", "", "iam", "query"),
        ({}, "/bucket/key", "", "", "s3"),
        ({}, "/bucket/key", "", "s3", "s3"),
    ],
)
def test_the_protocol_is_told_by_what_is_there(
    headers: dict[str, str], path: str, query: str, service: str, protocol: Protocol
) -> None:
    assert protocol_of(headers, path, query, service) == protocol


def test_json_is_json() -> None:
    body = error_response("json", Refused(Reason.NOT_ALLOWED, "“quoted”")).body
    assert json.loads(body)["message"] == "“quoted”"
