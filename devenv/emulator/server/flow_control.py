"""Reads no more of a client than it reads of its answers, so that none fills the emulator's memory.

It is the producer of what a connection's transport sends: Twisted tells it when answers wait.
"""

import logging
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer
from zope.interface import implementer

LOG = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds in which a client has to read some of what waits for it."""


@implementer(IPushProducer)
class FlowControl:
    """Of one connection, until `detach`. `go_on` is called when requests may be answered again."""

    def __init__(
        self,
        transport: Any,
        call_later: Callable[..., IDelayedCall],
        go_on: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._call_later = call_later
        self._go_on = go_on
        self._deadline: IDelayedCall | None = None
        """Set while answers wait: when it's looked whether the client has read any."""
        self._unread = 0
        """Bytes that waited when it was last looked."""
        self._held_back = False
        transport.registerProducer(self, True)

    @property
    def is_waiting(self) -> bool:
        """Whether answers wait for the client: no further request is answered then."""
        return self._deadline is not None

    def hold_back(self) -> None:
        """Read nothing more: too many requests were sent ahead of their answers."""
        self._held_back = True
        self._transport.pauseProducing()

    def release(self) -> None:
        """Read again, after `hold_back`, unless answers wait."""
        if self._held_back and not self.is_waiting:
            self._held_back = False
            self._transport.resumeProducing()

    def detach(self) -> None:
        """The connection is closed, or is another protocol's from now on."""
        self.stopProducing()
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        self._transport.pauseProducing()
        if self._deadline is None:
            self._wait()

    def resumeProducing(self) -> None:
        self.stopProducing()
        if not self._held_back:
            self._transport.resumeProducing()
        self._go_on()

    def stopProducing(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _wait(self) -> None:
        self._unread = self._waiting()
        self._deadline = self._call_later(PATIENCE, self._look)

    def _look(self) -> None:
        if self._waiting() < self._unread:
            self._wait()
            return
        LOG.warning("A client that hasn't read its answers for %d s is disconnected", PATIENCE)
        self._deadline = None
        self._transport.abortConnection()

    def _waiting(self) -> int:
        transport = self._transport
        return len(transport.dataBuffer) - int(transport.offset) + int(transport._tempDataLen)
