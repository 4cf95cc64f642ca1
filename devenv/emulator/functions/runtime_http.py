"""The Runtime API's HTTP: its routes, what is refused before it's read, and connections that wait.

Each answer is one write: headers and body in two would wait 40 ms for the client's
acknowledgement. Nothing here blocks, since one thread serves all functions.
"""

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from devenv.emulator.functions.http_requests import Head, Malformed, Request, RequestReader

if TYPE_CHECKING:
    from devenv.emulator.functions.runtime_api import Invocation, RuntimeApi

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
"""Bytes in a synchronous response, as Lambda's own message counts them (6291556)."""

DISCARD_LIMIT = 64 * 1024 * 1024
"""Bytes of a body over RESPONSE_LIMIT that are read and thrown away, so that the client gets to
read the answer. A larger one is answered, and its connection ended, at once."""

PIPELINED_LIMIT = 64 * 1024
"""Bytes that a client may send behind a request that isn't answered yet."""

PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b"{}"

    @staticmethod
    def error(status: int, error_type: str, message: str) -> "Answer":
        body = json.dumps({"errorMessage": message, "errorType": error_type})
        return Answer(status, body.encode())


NOT_FOUND = Answer.error(404, "NotFound", "The Runtime API has no such route.")
STRANGER = Answer.error(
    403, "Forbidden", "Only the function's own process or container may speak to its Runtime API."
)


class Waiter(Protocol):
    """A runtime that has asked for an event."""

    def is_gone(self) -> bool: ...

    def give(self, invocation: "Invocation") -> None: ...


def refusal(headers: Mapping[str, str], hosts: frozenset[str]) -> str | None:
    """Why a request with these headers isn't a runtime's: a browser made it, or it was sent to
    another name, which a page may have pointed here (DNS rebinding). None if it may be."""
    browsers = [name for name in headers if name == "origin" or name.startswith("sec-fetch-")]
    if browsers:
        return f"it has the header {browsers[0]}, so a browser made it"
    host = headers.get("host")
    if host is None or host.lower() not in hosts:
        return f"it was sent to {host!r}"
    return None


class Connection(asyncio.Protocol):
    """One connection of a runtime's, or of a stranger's."""

    def __init__(self, api: "RuntimeApi") -> None:
        self._api = api
        self._reader = RequestReader(RESPONSE_LIMIT)
        self._transport: asyncio.Transport
        self._allowed = False
        self._waits: Head | None = None
        """The request that asked for an event, until there is one."""
        self._given: Invocation | None = None
        """The event that was the last answer."""
        self._checking: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        if not self._api.opened(self):
            transport.abort()
            return
        transport.pause_reading()
        self._checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        self._allowed = await self._api.may_speak(self._transport.get_extra_info("peername")[:2])
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._checking is not None:
            self._checking.cancel()
        self._api.lost(self)
        given, self._given = self._given, None
        # Lost with an error: the other end closed it without having read all that was sent.
        if given is not None and exc is not None:
            self._api.give_back(given)

    def abort(self) -> None:
        self._given = None
        self._transport.abort()

    def is_gone(self) -> bool:
        """Whether the other end has closed, which may not have been noticed yet."""
        if self._transport.is_closing():
            return True
        handle = self._transport.get_extra_info("socket").fileno()
        with socket.fromfd(handle, socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                return probe.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

    def give(self, invocation: "Invocation") -> None:
        head, self._waits = self._waits, None
        assert head is not None
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        self._given = invocation
        self._answer(Answer(200, invocation.payload), head.closes, headers)
        if self._reader.unread:  # Sent without waiting for this answer.
            asyncio.get_running_loop().call_soon(self._advance)

    def _advance(self) -> None:
        """Take all that has arrived, but nothing behind a request that waits."""
        while not self._transport.is_closing():
            if self._waits is not None:
                if self._reader.unread > PIPELINED_LIMIT:
                    self._transport.abort()
                return None
            try:
                arrived = self._reader.next()
            except Malformed as error:
                return self._answer(Answer.error(400, "BadRequest", str(error)), closes=True)
            if isinstance(arrived, Head):
                self._begin(arrived)
            elif isinstance(arrived, Request):
                self._finish(arrived)
            elif self._reader.head is not None and self._reader.body.size > DISCARD_LIMIT:
                return self._answer(self._posted(Request(self._reader.head, None)), closes=True)
            else:
                return None
        return None

    def _begin(self, head: Head) -> None:
        self._given = None
        if not self._allowed:
            return self._answer(STRANGER, closes=True)
        if why := refusal(head.headers, self._api.hosts):
            self._api.refuse(why)
            return self._answer(Answer.error(403, "Forbidden", f"Refused: {why}."), closes=True)
        if head.length is not None and head.length > DISCARD_LIMIT:
            return self._answer(self._posted(Request(head, None)), closes=True)
        if head.headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    def _finish(self, request: Request) -> None:
        head = request.head
        if head.method == "POST":
            return self._answer(self._posted(request), head.closes)
        if (head.method, head.target) != ("GET", f"{PREFIX}/invocation/next"):
            return self._answer(NOT_FOUND, head.closes)
        self._waits = head
        return self._api.wait_for_event(self)

    def _posted(self, request: Request) -> Answer:
        error_type = request.head.headers.get("lambda-runtime-function-error-type", "Unhandled")
        match request.head.target.removeprefix(f"{PREFIX}/").split("/"):
            case ["init", "error"]:
                return self._api.init_error(request.body, error_type)
            case ["invocation", request_id, "response"]:
                return self._api.reply(request_id, request.body, None)
            case ["invocation", request_id, "error"]:
                return self._api.reply(request_id, request.body, error_type)
        return NOT_FOUND

    def _answer(
        self, answer: Answer, closes: bool, headers: Mapping[str, str] | None = None
    ) -> None:
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += ["Content-Type: application/json", f"Content-Length: {len(answer.body)}"]
        if closes:
            lines.append("Connection: close")
        self._transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body)
        if closes:
            self._transport.close()
