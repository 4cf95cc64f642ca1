"""Lambda's InvokeWithResponseStream, which LocalStack lacks: the whole response, as a stream.

Python functions don't stream on AWS either: their response comes in one piece. What a function that
does stream writes bit by bit isn't passed on bit by bit here, so such functions are refused where
they are run (Node's `awslambda.streamifyResponse`).

How a function's error is told isn't recorded anywhere; here, as by Invoke: "Unhandled", and the
error's JSON as its details.
"""

import functools
import json
from binascii import crc32
from collections.abc import Callable, Iterator, Mapping
from struct import pack
from typing import Any

from localstack.aws.api.lambda_ import InvocationType
from localstack.http import Response

CONTENT_TYPE = "application/vnd.amazon.eventstream"
STRING = 7
"""The type of a header's value in an event."""
PIECE = 16 * 1024
"""Bytes of the response in one event."""


def streaming(original: Callable[..., Any]) -> Callable[..., Any]:
    """Have the provider answer it by what Invoke answers."""

    @functools.wraps(original)  # LocalStack finds its operations by their attributes.
    def invoke_with_response_stream(
        provider: Any, context: Any, invocation_type: str | None = None, **request: Any
    ) -> Response:
        request.pop("tenant_id", None)
        answer = provider.invoke(context, invocation_type=invocation_type, **request)
        headers = {"Content-Type": CONTENT_TYPE}
        if invocation_type == InvocationType.DryRun:
            return Response(status=answer["StatusCode"], headers=headers)
        headers["X-Amz-Executed-Version"] = answer.get("ExecutedVersion") or "$LATEST"
        headers["X-Amzn-Lambda-Response-Stream-Content-Type"] = "application/octet-stream"
        return Response(b"".join(events(answer)), 200, headers)

    return invoke_with_response_stream


def events(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """Invoke's answer as the events of a stream."""
    payload = answer.get("Payload") or b""
    complete = {"LogResult": answer["LogResult"]} if "LogResult" in answer else {}
    if "FunctionError" in answer:
        complete |= {"ErrorCode": answer["FunctionError"], "ErrorDetails": payload.decode()}
    else:
        for start in range(0, len(payload), PIECE):
            piece = payload[start : start + PIECE]
            yield event("PayloadChunk", "application/octet-stream", piece)
    yield event("InvokeComplete", "application/json", json.dumps(complete).encode())


def event(kind: str, content_type: str, payload: bytes) -> bytes:
    """One event, as AWS frames it.

    Source: https://smithy.io/2.0/aws/amazon-eventstream.html
    """
    headers = b"".join(
        pack("!B", len(name)) + name.encode() + pack("!BH", STRING, len(value)) + value.encode()
        for name, value in (
            (":event-type", kind),
            (":content-type", content_type),
            (":message-type", "event"),
        )
    )
    prelude = pack("!II", len(payload) + len(headers) + 16, len(headers))
    message = prelude + pack("!I", crc32(prelude)) + headers + payload
    return message + pack("!I", crc32(message))
