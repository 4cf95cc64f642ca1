"""HTTP/2 clients that send GOAWAY and read on.

The JavaScript SDK gives each event stream (SubscribeToShard) a connection of its own and closes
that right after the request: GOAWAY says that no further request will come, and what is under way
goes on (RFC 9113, 6.8). The library h2, and so Twisted, takes it for the end of the connection,
and the consumer would get no event, or only those that were faster.
"""

from collections.abc import Callable
from typing import Any

from h2.connection import H2Connection
from h2.errors import ErrorCodes


def let_streams_end(receive: Callable[..., Any]) -> Callable[..., Any]:
    """From now on a server's connection outlives its client's GOAWAY without an error; the client
    closes it when it has read everything."""

    def receive_goaway_frame(self: H2Connection, frame: Any) -> Any:
        if self.config.client_side or frame.error_code != ErrorCodes.NO_ERROR:
            return receive(self, frame)
        return [], []

    return receive_goaway_frame
