"""The clients by which LocalStack's services speak to one another: one pool of connections for all.

LocalStack makes a client for each session of a role, keeps the last 256, and each keeps connections
of its own, which the server has long closed: 2 descriptors more with each function that is made.
"""

import threading
from collections.abc import Callable
from typing import Any

LOCK = threading.Lock()
SESSIONS: dict[tuple[object, ...], Any] = {}
"""botocore's HTTP sessions, by what they differ in."""


def sharing_connections(prepare: Callable[..., Any]) -> Callable[..., Any]:
    """Have each client that is made from now on use a shared HTTP session."""

    def prepare_and_share(factory: Any, client: Any) -> Any:
        return share(prepare(factory, client))

    return prepare_and_share


def share(client: Any) -> Any:
    """`client`, with the HTTP session of those made before it with the same limits."""
    config, endpoint = client.meta.config, client._endpoint
    limits = (config.connect_timeout, config.read_timeout, config.max_pool_connections)
    with LOCK:
        endpoint.http_session = SESSIONS.setdefault(limits, endpoint.http_session)
    return client
