"""JSON requests answered before LocalStack parses them.

LocalStack's generic parsing and serializing costs more than storing the records. This handler
stands early in its chain, reads the JSON itself and calls the same operations as `provider`, so
that both give the same answers. It also knows what a wrong type is, which LocalStack's parser
answers with 500. CBOR, compressed requests and event streams are left to LocalStack.
"""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.chain import HandlerChain
from localstack.aws.handlers.region import RegionRewriter
from localstack.http import Response
from localstack.utils.aws.request_context import (
    extract_region_from_headers,
    get_account_id_from_request,
)

from devenv.emulator.kinesis.operations import OPERATIONS, call
from devenv.emulator.kinesis.service import Caller, Kinesis
from devenv.emulator.kinesis.wire import checked
from devenv.emulator.kinesis.wire_errors import serialization_error

TARGET = "Kinesis_20131202."
CONTENT_TYPES = ("application/x-amz-json-1.1", "application/json")
STREAMING = "SubscribeToShard"


class FastPath:
    """A request handler of LocalStack's chain."""

    def __init__(self, kinesis: Callable[[], Kinesis]) -> None:
        self._kinesis = kinesis
        rewriter = RegionRewriter().region_rewriter_strategy
        self._regions = frozenset(rewriter.available_regions)
        self._default_region: str = rewriter.default_region

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        headers = context.request.headers
        target = headers.get("X-Amz-Target", "")
        if (
            not target.startswith(TARGET)
            or context.request.method != "POST"
            or headers.get("Content-Type", "").split(";")[0] not in CONTENT_TYPES
            or headers.get("Content-Encoding", "identity") != "identity"
        ):
            return
        region = extract_region_from_headers(headers)
        caller = Caller(
            get_account_id_from_request(context.request),
            # LocalStack takes unknown regions for the default one.
            region if region in self._regions else self._default_region,
        )
        operation = target.removeprefix(TARGET)
        answer = self._answer(caller, operation, context.request.get_data())
        if answer is None:
            return
        response.status_code, body = answer
        response.set_response(body)
        response.headers["Content-Type"] = CONTENT_TYPES[0]
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        chain.stop()

    def _answer(self, caller: Caller, operation: str, body: bytes) -> tuple[int, bytes] | None:
        """Status and body; None for what LocalStack has to send."""
        try:
            request = _parsed(body)
            if operation == STREAMING:
                checked(operation, request)
                return None
            result = call(self._kinesis(), caller, operation, request)
        except ServiceException as e:
            return e.status_code, _error(e.code, e.message)
        except NotImplementedError as e:
            return 501, _error("InternalFailure", str(e))
        return 200, _encoded(result) if result or operation in WITH_OUTPUT else b""


WITH_OUTPUT = frozenset(name for name in OPERATIONS if name.startswith(("List", "Describe", "Get")))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as e:
        raise serialization_error(f"The request is not valid JSON: {e}") from e


def _encoded(result: Any) -> bytes:
    return json.dumps(result, default=_scalar, separators=(",", ":")).encode()


def _scalar(value: Any) -> Any:
    """Blobs in base64, timestamps in seconds: what JSON has no kind for."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value)} has no place in a response.")


def _error(code: str, message: str | None) -> bytes:
    return _encoded({"__type": code, "message": message or ""})
