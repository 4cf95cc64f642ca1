"""The port: guarded against web pages as the emulator is, and one event at a time."""

import logging
from collections.abc import Callable
from typing import Any

from twisted.internet import defer, endpoints
from twisted.internet.threads import deferToThread
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET, Request, Site
from zope.interface import implementer

from devenv.emulator.door.guard import Guard
from devenv.emulator.door.origin_of_functions import is_of_a_function
from devenv.emulator.door.site import asked
from devenv.emulator.function_port.backend import Backend, Reply, trouble

LOG = logging.getLogger(__name__)
PATH = b"/2015-03-31/functions/function/invocations"
LARGEST = 6_291_556
"""Bytes of a synchronous invocation's event.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@implementer(IResource)
class Invocations(Resource):
    """Everything at the port; anything but an event at `PATH` is refused."""

    isLeaf = True

    def __init__(self, guard: Guard, backend: Callable[[], Backend]) -> None:
        super().__init__()
        self._guard = guard
        self._backend = backend
        self._turn = defer.DeferredLock()

    def render(self, request: Any) -> Any:
        if refused := self._refusal(request):
            return _written(request, refused)
        event = request.content.read()
        gone: list[bool] = []
        request.notifyFinish().addErrback(lambda _: gone.append(True))

        def ask() -> Any:
            return None if gone else deferToThread(lambda: self._backend().answer(event))

        def done(reply: Reply | None) -> None:
            if reply is not None and not gone:
                request.write(_written(request, reply))
                request.finish()

        def failed(failure: Any) -> None:
            LOG.error("An event could not be answered: %s", failure.getTraceback())
            done(trouble(500, "ServiceException", "See the emulator's log."))

        self._turn.run(ask).addCallback(done).addErrback(failed)
        return NOT_DONE_YET

    def _refusal(self, request: Any) -> Reply | None:
        """Why it isn't an event to answer."""
        verdict = self._guard.judge(asked(request))
        if verdict.refusal is not None:
            LOG.warning("Refused an event at the function's port: %s", verdict.refusal)
            return trouble(403, "AccessDeniedException", verdict.refusal)
        if is_of_a_function(request.getHost(), request.getClientAddress()):
            return trouble(403, "AccessDeniedException", "Functions call each other by Invoke.")
        if request.path != PATH:
            return trouble(404, "UnknownOperationException", f"POST an event to {PATH.decode()}.")
        if request.method != b"POST":
            return trouble(405, "UnknownOperationException", "POST an event.")
        return None


class EventRequest(Request):
    """A request that is cut off when its body is longer than any event's."""

    def handleContentChunk(self, data: bytes) -> None:
        if self.content.tell() + len(data) > LARGEST:
            self.channel.forceAbortClient()
        else:
            super().handleContentChunk(data)


def listen(
    reactor: Any, host: str, port: int, guard: Guard, backend: Callable[[], Backend]
) -> None:
    """Begin to listen, or log why not: the emulator goes on without this port."""
    site = Site(Invocations(guard, backend), requestFactory=EventRequest)
    listening = endpoints.TCP4ServerEndpoint(reactor, port, interface=host).listen(site)
    listening.addErrback(
        lambda failure: LOG.warning(
            "The function by itself is not at port %d: %s", port, failure.getErrorMessage()
        )
    )


def _written(request: Any, reply: Reply) -> bytes:
    """Set status and headers; the body, to be written."""
    request.setResponseCode(reply.status)
    request.setHeader("Content-Type", "application/json")
    request.setHeader("X-Content-Type-Options", "nosniff")
    if reply.status >= 400:
        request.setHeader("Connection", "close")
    return reply.body
