"""The Lambda Runtime API: what a runtime interface client asks for work and answers to.

One server per runtime, on a port of its own, of loopback unless the runtime is in a container.
It turns requests into events on a queue and knows nothing of timeouts, logs or processes.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
"""Bytes in a synchronous response, as Lambda's own message counts them (6291556)."""

PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Invocation:
    """One event on its way to the handler."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    deadline_ms: int
    """When the handler is cut off, in milliseconds since the epoch."""


@dataclass(frozen=True)
class Ready:
    """The runtime asked for an event: init is over, or the event before is done with."""


@dataclass(frozen=True)
class InitFailed:
    """The runtime couldn't load the function; `payload` is Lambda's error object as JSON."""

    payload: bytes
    error_type: str


@dataclass(frozen=True)
class Replied:
    """The handler returned (`payload` is its JSON) or raised (`payload` is the error object)."""

    request_id: str
    payload: bytes
    error_type: str | None


@dataclass(frozen=True)
class Exited:
    """The runtime process ended by itself; `reason` is as Lambda words it ("exit status 1")."""

    reason: str


Event = Ready | InitFailed | Replied | Exited


class RuntimeApi:
    """Serves one runtime; what it does is read from `events`."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._invocations: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = _Server((host, 0), _Handler)
        self._server.api = self
        self.address = f"{host}:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True, name="runtime-api"
        ).start()

    def dispatch(self, invocation: Invocation) -> None:
        """Hand the runtime its next event, whenever it asks."""
        self._invocations.put(invocation)

    def close(self) -> None:
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next_invocation(self) -> Invocation | None:
        """Block until there is an event; None when the server is closing."""
        self.events.put(Ready())
        return self._invocations.get()

    def reply(self, request_id: str, payload: bytes, error_type: str | None) -> int:
        """Take a response or error and return the HTTP status for the runtime."""
        if error_type is None and len(payload) > RESPONSE_LIMIT:
            error_type = "Function.ResponseSizeTooLarge"
            message = (
                "Response payload size exceeded maximum allowed payload size "
                f"({RESPONSE_LIMIT} bytes)."
            )
            payload = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
            self.events.put(Replied(request_id, payload, error_type))
            return 413
        self.events.put(Replied(request_id, payload, error_type))
        return 202

    def init_error(self, payload: bytes, error_type: str) -> None:
        self.events.put(InitFailed(payload, error_type))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    api: RuntimeApi

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that was ended leaves its connection as it is: nothing to tell of."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """The four routes. Keeps connections open, and sends each answer in one write without delay:
    headers and body in two would wait 40 ms for the client's acknowledgement."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def _api(self) -> RuntimeApi:
        return cast(_Server, self.server).api

    def do_GET(self) -> None:
        if self.path != f"{PREFIX}/invocation/next":
            return self._answer(404)
        invocation = self._api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return None
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        return self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self._body()
        error_type = self.headers.get("Lambda-Runtime-Function-Error-Type", "Unhandled")
        parts = self.path.removeprefix(f"{PREFIX}/").split("/")
        if parts == ["init", "error"]:
            self._api.init_error(body, error_type)
            return self._answer(202, b'{"status":"OK"}')
        if len(parts) == 3 and parts[0] == "invocation" and parts[2] in {"response", "error"}:
            failed = error_type if parts[2] == "error" else None
            status = self._api.reply(parts[1], body, failed)
            return self._answer(status, b'{"status":"OK"}')
        return self._answer(404)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(chunks)

    def _answer(
        self, status: int, body: bytes = b"{}", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""
