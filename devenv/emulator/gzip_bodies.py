"""Requests whose body is compressed, by their Content-Encoding; one that isn't gets 400.

LocalStack unpacks while it parses, so that a wrong label comes out as its own failure, 500.
"""

import gzip
import io
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localstack.aws.handlers.codec import ContentDecoder

MESSAGE = "The request body is not gzip, as its Content-Encoding says."


def decode_call(self: "ContentDecoder", chain: Any, context: Any, response: Any) -> None:
    """In place of the method of LocalStack's handler: `decode`, but for services that do it."""
    service = context.service.service_name if context.service else None
    if service not in self.SKIP_GZIP_SERVICES:
        decode(chain, context, response)


def decode(chain: Any, context: Any, response: Any) -> None:
    """Unpack the body, or answer 400 in the form that the request's protocol has."""
    request = context.request
    if (request.content_encoding or "").lower() != "gzip":
        return
    try:
        body = gzip.decompress(request.stream.read())
    except (OSError, EOFError, zlib.error):
        chain.stop()
        response.status_code = 400
        kind = request.headers.get("Content-Type", "")
        if "json" in kind:
            response.data = json.dumps({"__type": "SerializationException", "Message": MESSAGE})
            response.headers["Content-Type"] = kind
        else:
            response.data = (
                "<ErrorResponse><Error><Type>Sender</Type><Code>SerializationException</Code>"
                f"<Message>{MESSAGE}</Message></Error></ErrorResponse>"
            )
            response.headers["Content-Type"] = "text/xml"
        return
    request.stream = io.BytesIO(body)
    request.headers["Content-Encoding"] = "identity"
