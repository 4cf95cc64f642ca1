"""An error in the shape of the protocol that a request was made in, before the request is parsed.

Codes and statuses differ by protocol for the same reason, as on AWS. Source:
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from xml.sax.saxutils import escape

import cbor2

type Protocol = Literal["json", "cbor", "rest-json", "query", "s3"]

REST_JSON_PATH = re.compile(r"/(20\d\d-\d\d-\d\d|_localstack|_devenv|_aws)/")
"""Of Lambda and others; and of LocalStack's and our own pages."""
REST_JSON_SERVICES = frozenset(
    ("lambda", "apigateway", "ses", "scheduler", "es", "pipes", "schemas")
)


class Reason(StrEnum):
    """Why a request is refused before it is parsed."""

    NOT_ALLOWED = "not allowed"
    UNSIGNED = "unsigned"
    MALFORMED = "malformed signature"
    UNKNOWN_KEY = "unknown access key"
    EXPIRED = "expired session"


JSON_CODES = {
    Reason.NOT_ALLOWED: "AccessDeniedException",
    Reason.UNSIGNED: "MissingAuthenticationTokenException",
    Reason.MALFORMED: "IncompleteSignatureException",
    Reason.UNKNOWN_KEY: "UnrecognizedClientException",
    Reason.EXPIRED: "ExpiredTokenException",
}
QUERY_CODES = {
    Reason.NOT_ALLOWED: "AccessDenied",
    Reason.UNSIGNED: "MissingAuthenticationToken",
    Reason.MALFORMED: "IncompleteSignature",
    Reason.UNKNOWN_KEY: "InvalidClientTokenId",
    Reason.EXPIRED: "ExpiredToken",
}
S3_CODES = {
    Reason.NOT_ALLOWED: ("AccessDenied", 403),
    Reason.UNSIGNED: ("AccessDenied", 403),
    Reason.MALFORMED: ("AuthorizationHeaderMalformed", 400),
    Reason.UNKNOWN_KEY: ("InvalidAccessKeyId", 403),
    Reason.EXPIRED: ("ExpiredToken", 400),
}


class Refused(Exception):
    """A request that isn't answered. The text is for whoever made it."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class ErrorResponse:
    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def protocol_of(headers: Mapping[str, str], path: str, query: str, service: str = "") -> Protocol:
    """The protocol that a request seems to be made in.

    `headers` have lower-case names; `service` is the one that the request is signed for, if it is.
    """
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.endswith(("cbor", "cbor-1.1")):
        return "cbor"
    if "x-amz-target" in headers or content_type.startswith("application/x-amz-json"):
        return "json"
    if REST_JSON_PATH.match(f"{path}/") or service in REST_JSON_SERVICES:
        return "rest-json"
    if service == "s3":
        return "s3"
    form = content_type == "application/x-www-form-urlencoded" and path in ("", "/")
    return "query" if service or form or "Action=" in query else "s3"


def code_and_status(protocol: Protocol, reason: Reason) -> tuple[str, int]:
    """The error's code and HTTP status, as services of this protocol have them."""
    match protocol:
        case "s3":
            return S3_CODES[reason]
        case "query":
            return QUERY_CODES[reason], 403
        case "rest-json":
            return JSON_CODES[reason], 403
    return JSON_CODES[reason], 403 if reason is Reason.NOT_ALLOWED else 400


def error_response(protocol: Protocol, refused: Refused) -> ErrorResponse:
    """The whole answer to a refused request."""
    code, status = code_and_status(protocol, refused.reason)
    message = str(refused)
    request_id = str(uuid.uuid4())
    ids = (("x-amzn-RequestId", request_id),)
    if protocol in ("json", "cbor"):
        error = {"__type": code, "message": message}
        if protocol == "cbor":
            return ErrorResponse(status, "application/x-amz-cbor-1.1", cbor2.dumps(error), ids)
        body = json.dumps(error).encode()
        return ErrorResponse(status, "application/x-amz-json-1.1", body, ids)
    if protocol == "rest-json":
        body = json.dumps({"message": message}).encode()
        return ErrorResponse(status, "application/json", body, (*ids, ("x-amzn-ErrorType", code)))
    error_element = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if protocol == "s3":
        text = f"<Error>{error_element}<RequestId>{request_id}</RequestId></Error>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{error_element}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return ErrorResponse(status, "application/xml", body, ids)
