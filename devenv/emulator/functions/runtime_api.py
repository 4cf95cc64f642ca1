"""The Lambda Runtime API: what a runtime interface client asks for work and answers to.

One for each runtime, on a port of its own, of loopback unless the runtime is in a container. It
turns requests into events on a queue: `runtime_http` is the HTTP, `environment` what is made of
the events. As on Lambda, only the invocation in progress can be answered, and only once.

Who may speak to it is decided once per connection, by the socket's other end: it must belong to
the sandbox's own process or a descendant of it, or to its container. A request that a browser made
is refused. What this can't prevent: a program of the same account can read a function's memory
(ptrace, /proc), its environment and its credentials there, or take over its sockets. An account
of your own machine is no boundary between its programs. The address holds no secret, since
runtime clients take nothing but host and port (AWS_LAMBDA_RUNTIME_API).

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, and for errors
https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

import asyncio
import json
import logging
import queue
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from devenv.emulator.functions import runtime_http
from devenv.emulator.functions.io_loop import io_loop, run
from devenv.emulator.functions.runtime_http import RESPONSE_LIMIT, Answer, Waiter

LOG = logging.getLogger(__name__)

ACCEPTED = Answer(202, b'{"status":"OK"}')
INVALID_ID = Answer.error(400, "InvalidRequestID", "Invalid request ID")
INIT_IS_OVER = Answer.error(
    403, "InvalidStateTransition", "The runtime has asked for an event: its init is over."
)
TOO_LARGE = Answer.error(
    413,
    "RequestEntityTooLarge",
    f"Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
)

Peer = tuple[str, int]
"""Address and port of a connection's other end."""

CHECKS = ThreadPoolExecutor(2, "function-peers")
"""Where peers are looked up: that takes a few milliseconds, in which others are served."""


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
    """Serves one runtime; what it does is read from `events`. Nobody is served before `admit`.

    `dispatch`, `admit` and `close` may come from any thread; all else is the loop's own.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._pending: deque[Invocation] = deque()
        self._waiters: deque[Waiter] = deque()
        self._in_progress: str | None = None
        self._asked = False
        self._told = False
        self._closed = False
        self._connections: set[runtime_http.Connection] = set()
        self._listener = socket.create_server((host, 0), backlog=64)
        self._listener.setblocking(False)
        port = self._listener.getsockname()[1]
        self.address = f"{host}:{port}"
        self.hosts = frozenset(
            f"{name}:{port}" for name in (host, "127.0.0.1", "localhost", "[::1]")
        )
        self._admits: asyncio.Future[Callable[[Peer], bool]] = io_loop().create_future()
        self._arriving: set[asyncio.Task[Any]] = set()
        io_loop().call_soon_threadsafe(self._listen)

    def admit(self, check: Callable[[Peer], bool]) -> None:
        """Serve those connections whose other end passes `check`, which may take its time."""

        def decide() -> None:
            if not self._admits.done():
                self._admits.set_result(check)

        io_loop().call_soon_threadsafe(decide)

    def dispatch(self, invocation: Invocation) -> None:
        """Hand the runtime its next event, whenever it asks."""
        io_loop().call_soon_threadsafe(self._add, invocation)

    def close(self) -> None:
        """End all connections; the port is free then. May be repeated."""
        run(self._close())

    async def may_speak(self, peer: Peer) -> bool:
        """Whether this connection's other end belongs to the runtime."""
        check = await asyncio.shield(self._admits)
        allowed = await io_loop().run_in_executor(CHECKS, check, peer)
        if not allowed:
            self.refuse(f"{peer[0]}:{peer[1]} isn't the function's own process or container")
        return allowed

    def refuse(self, why: str) -> None:
        """Tell of a request that was refused, once: a log isn't to be filled by a stranger."""
        if not self._told:
            LOG.warning("A request to a function's Runtime API was refused: %s.", why)
        self._told = True

    def opened(self, connection: runtime_http.Connection) -> bool:
        """False if it came too late: the API was closed while it was being accepted."""
        if not self._closed:
            self._connections.add(connection)
        return not self._closed

    def lost(self, connection: runtime_http.Connection) -> None:
        self._connections.discard(connection)

    def wait_for_event(self, waiter: Waiter) -> None:
        """Give `waiter` the next event there is, or will be."""
        self._asked = True
        self._waiters.append(waiter)
        self.events.put(Ready())
        self._hand_over()

    def give_back(self, invocation: Invocation) -> None:
        """`invocation` didn't reach the one that it was handed to: the next one gets it."""
        if self._in_progress == invocation.request_id:
            self._in_progress = None
            self._pending.appendleft(invocation)
            self._hand_over()

    def reply(self, request_id: str, payload: bytes | None, error_type: str | None) -> Answer:
        """Take a response or error; `payload` is None where it was larger than Lambda allows."""
        if request_id != self._in_progress:
            return INVALID_ID
        self._in_progress = None
        if payload is not None:
            self.events.put(Replied(request_id, payload, error_type))
            return ACCEPTED
        kind = "Function.ResponseSizeTooLarge"
        words = (
            f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        )
        error = json.dumps({"errorMessage": words, "errorType": kind}).encode()
        self.events.put(Replied(request_id, error, kind))
        return TOO_LARGE

    def init_error(self, payload: bytes | None, error_type: str) -> Answer:
        if self._asked:
            return INIT_IS_OVER
        if payload is None:
            return TOO_LARGE
        self.events.put(InitFailed(payload, error_type))
        return ACCEPTED

    def _add(self, invocation: Invocation) -> None:
        self._pending.append(invocation)
        self._hand_over()

    def _hand_over(self) -> None:
        while self._pending and self._waiters:
            waiter = self._waiters.popleft()
            if waiter.is_gone():
                continue
            invocation = self._pending.popleft()
            self._in_progress = invocation.request_id
            waiter.give(invocation)

    def _listen(self) -> None:
        # Not asyncio's Server: closed while a connection is arriving, it leaves that one open.
        if not self._closed:
            io_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            arrived, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:  # No descriptor is free.
            LOG.warning("A function's connection to its Runtime API has to wait: %s", error)
            io_loop().remove_reader(self._listener)
            io_loop().call_later(1, self._listen)
            return
        arrived.setblocking(False)
        work = io_loop().connect_accepted_socket(lambda: runtime_http.Connection(self), arrived)
        task = io_loop().create_task(work)
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        io_loop().remove_reader(self._listener)
        self._listener.close()
        self._admits.cancel()
        for connection in list(self._connections):
            connection.abort()
