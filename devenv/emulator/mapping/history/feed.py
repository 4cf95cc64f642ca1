"""Who follows batches as they happen: each is sent the same events, and none is waited for."""

from collections.abc import Callable, Sequence
from typing import Protocol

import orjson

from devenv.emulator.mapping.history.entries import Entry

CLIENTS = 64
"""Who can follow at a time."""


class Client(Protocol):
    def send(self, data: bytes) -> None:
        """Take events; a client that takes none for too long is given up."""
        ...


class Feed:
    """`schedule` has a function called in the one thread that clients belong to."""

    def __init__(self, schedule: Callable[[Callable[[], None]], object]) -> None:
        self._schedule = schedule
        self._clients: set[Client] = set()

    def add(self, client: Client) -> bool:
        """In the clients' thread. False if there are too many."""
        if len(self._clients) >= CLIENTS:
            return False
        self._clients.add(client)
        return True

    def remove(self, client: Client) -> None:
        self._clients.discard(client)

    def publish(self, entries: Sequence[Entry]) -> None:
        """In any thread. Costs nothing while nobody follows."""
        if self._clients:
            data = b"".join(map(event, entries))
            self._schedule(lambda: self.send(data))

    def send(self, data: bytes) -> None:
        """To all, in the clients' thread."""
        for client in list(self._clients):
            client.send(data)


def event(entry: Entry) -> bytes:
    """As a browser's EventSource reads it.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    return b"event: batch\nid: %d\ndata: %b\n\n" % (entry.id, orjson.dumps(entry.shown()))
