"""HTTP requests as function URLs and API Gateway hand them to a function, and what they take back.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
import json
from typing import Any

from serving.events import InvalidEvent


def is_request(event: object) -> bool:
    return isinstance(event, dict) and "requestContext" in event


def read_body(request: dict[str, Any]) -> object:
    """The JSON in a request's body: text, or base64 where the caller took it for binary."""
    try:
        body = request.get("body") or ""
        return json.loads(base64.b64decode(body) if request.get("isBase64Encoded") else body)
    except (ValueError, TypeError, RecursionError) as e:
        raise InvalidEvent("body: expected JSON") from e


def response(status: int, body: object) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
