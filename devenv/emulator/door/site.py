"""The guard in front of LocalStack's HTTP server: HTTP/1.1, HTTP/2 and WebSocket.

All three become a request to the site's one resource; this stands in front of it. A refused
request is answered here, and LocalStack never sees it.
"""

import logging
from typing import Any

from twisted.internet.threads import deferToThread
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from devenv.emulator.door.cross_origin import ONLY, CrossOriginRequest, service_that_allows
from devenv.emulator.door.guard import Asked, Guard, Verdict
from devenv.emulator.door.origin_of_functions import ROLES_ONLY, is_of_a_function
from devenv.emulator.door.refusal import Reason, Refused, error_response, protocol_of

LOG = logging.getLogger(__name__)


@implementer(IResource)
class GuardedResource(Resource):
    """Asks `guard` about each request before `behind`, LocalStack's resource, has it."""

    isLeaf = True

    def __init__(self, guard: Guard, behind: Any) -> None:
        super().__init__()
        self._guard = guard
        self._behind = behind

    def render(self, request: Any) -> Any:
        for header in (ONLY, ROLES_ONLY):
            request.requestHeaders.removeHeader(header)
        if is_of_a_function(request.getHost(), request.getClientAddress()):
            request.requestHeaders.setRawHeaders(ROLES_ONLY, ["1"])
        verdict = self._guard.judge(asked(request))
        if verdict.refusal is None:
            return self._behind.render(request)
        if verdict.foreign_origin is None:
            return refuse(request, verdict)
        # Buckets may have to be read from disk: not in the reactor's thread.
        looked_up = deferToThread(service_that_allows, cross_origin_request(request, verdict))
        looked_up.addCallbacks(
            lambda service: self._go_on(request, verdict, service),
            lambda failure: self._failed(request, verdict, failure),
        )
        return NOT_DONE_YET

    def _go_on(self, request: Any, verdict: Verdict, service: str | None) -> None:
        """Refuse the request, or have it answered by `service` alone."""
        if service is None:
            request.write(refuse(request, verdict))
            request.finish()
            return
        request.requestHeaders.setRawHeaders(ONLY, [service])
        if (answer := self._behind.render(request)) is not NOT_DONE_YET:
            request.write(answer)
            request.finish()

    def _failed(self, request: Any, verdict: Verdict, failure: Any) -> None:
        LOG.error("Cross-origin rules can't be read: %s", failure.getTraceback())
        self._go_on(request, verdict, None)


def asked(request: Any) -> Asked:
    """What the guard looks at, of a Twisted request."""
    return Asked(
        scheme="https" if request.isSecure() else "http",
        hosts=tuple(request.requestHeaders.getRawHeaders("host", [])),
        server_address=str(getattr(request.getHost(), "host", "")),
        origin=request.getHeader("origin"),
        referer=request.getHeader("referer"),
        fetch_site=request.getHeader("sec-fetch-site"),
    )


def cross_origin_request(request: Any, verdict: Verdict) -> CrossOriginRequest:
    assert verdict.foreign_origin is not None
    return CrossOriginRequest(
        method=request.method.decode("latin-1"),
        host=request.getHeader("host") or "",
        path=request.path.decode("latin-1"),
        origin=verdict.foreign_origin.rstrip("/"),
        headers=_headers(request),
    )


def refuse(request: Any, verdict: Verdict) -> bytes:
    """Set the status and headers of the refusal; return its body."""
    assert verdict.refusal is not None
    path = request.path.decode("latin-1")
    query = request.uri.partition(b"?")[2].decode("latin-1")
    LOG.warning("Refused %s %s: %s", request.method.decode("latin-1"), path, verdict.refusal)
    refused = Refused(Reason.NOT_ALLOWED, verdict.refusal)
    answer = error_response(protocol_of(_headers(request), path, query), refused)
    request.setResponseCode(answer.status)
    for name, value in (("Content-Type", answer.content_type), *answer.headers):
        request.setHeader(name, value)
    request.setHeader("Connection", "close")  # A WebSocket's, too.
    return answer.body


def _headers(request: Any) -> dict[str, str]:
    found = request.requestHeaders.getAllRawHeaders()
    return {
        name.decode("latin-1").lower(): ",".join(v.decode("latin-1") for v in values)
        for name, values in found
    }
