"""The page `/_devenv/events`: batches as they happen, as server-sent events.

It is answered here, behind the guard and in the reactor's thread: in LocalStack's chain of handlers
each client would take a thread, and what a client doesn't read would wait in memory without bound.
"""

from typing import Any

from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import LoopingCall
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from devenv.emulator.door import chain
from devenv.emulator.door.credentials import from_fields, from_header
from devenv.emulator.door.cross_origin import ONLY
from devenv.emulator.door.origin_of_functions import ROLES_ONLY
from devenv.emulator.door.refusal import Reason, Refused, error_response
from devenv.emulator.mapping.history.feed import CLIENTS, Feed

PATH = b"/_devenv/events"
BEHIND = 1024 * 1024
"""Bytes that wait for a client; one that is further behind is cut off."""
HEARTBEAT = 15.0
"""Seconds between two comments, by which a client that has gone is found out."""


@implementer(IResource)
class WithEvents(Resource):
    """Answers PATH; `behind` has all else."""

    isLeaf = True

    def __init__(self, feed: Feed, behind: Any) -> None:
        super().__init__()
        self._feed, self._behind = feed, behind
        self._heart = LoopingCall(feed.send, b": still there\n\n")

    def render(self, request: Any) -> Any:
        if request.path != PATH:
            return self._behind.render(request)
        try:
            require_admission(request)
        except Refused as refused:
            answer = error_response("rest-json", refused)
            for name, value in (("Content-Type", answer.content_type), *answer.headers):
                request.setHeader(name, value)
            request.setResponseCode(answer.status)
            return answer.body
        if request.method != b"GET":
            request.setResponseCode(405)
            return b""
        return self._follow(request)

    def _follow(self, request: Any) -> Any:
        client = EventClient(request)
        if not self._feed.add(client):
            request.setResponseCode(503)
            request.setHeader("Content-Type", "application/json")
            return b'{"message": "%d follow already: close some."}' % CLIENTS
        if not self._heart.running:
            self._heart.start(HEARTBEAT, now=False)
        request.notifyFinish().addBoth(lambda _: self._feed.remove(client))
        request.setHeader("Content-Type", "text/event-stream; charset=utf-8")
        request.setHeader("Cache-Control", "no-store")
        client.start()
        return NOT_DONE_YET


@implementer(IPushProducer)
class EventClient:
    """One connection that follows."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._behind: list[bytes] = []
        self._paused = self._over = False

    def start(self) -> None:
        self._request.registerProducer(self, True)
        self._request.write(b": batches as they happen\n\n")

    def send(self, data: bytes) -> None:
        if self._over:
            return
        if not self._paused:
            self._request.write(data)
            return
        self._behind.append(data)
        if sum(map(len, self._behind)) > BEHIND:
            self._cut_off()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        behind, self._behind = self._behind, []
        for data in behind:
            self.send(data)

    def stopProducing(self) -> None:
        self._over = True
        self._behind.clear()

    def _cut_off(self) -> None:
        """Not `loseConnection`, which waits until the client has read all."""
        self.stopProducing()
        channel = self._request.channel
        if channel is not None:  # An HTTP/1.1 connection's, or an HTTP/2 stream.
            abort = getattr(channel, "forceAbortClient", None) or channel.abortConnection
            abort()


def require_admission(request: Any) -> None:
    """Raise Refused for a request that LocalStack's chain would refuse, too."""
    arguments = {
        name.decode("latin-1"): values[-1].decode("latin-1")
        for name, values in request.args.items()
    }
    credential = from_header(request.getHeader("authorization")) or from_fields(arguments)
    session = chain.session_of(credential) if credential is not None else None
    if request.getHeader(ONLY) is not None:
        raise Refused(Reason.NOT_ALLOWED, "The page's origin is let in for one service alone.")
    chain.admit(
        request.method.decode("latin-1"),
        PATH.decode(),
        credential,
        session,
        request.getHeader(ROLES_ONLY) is not None,
    )
