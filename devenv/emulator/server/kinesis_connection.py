"""A connection's first reader: it answers Kinesis's JSON requests, and passes on all others.

LocalStack's own server, its chain of handlers, parser and serializer take 2.5 ms for a request
that Kinesis answers in 0.1 ms. A client of Kinesis sends nothing else on its connection, so the
first request that isn't for Kinesis (or is encrypted, or is HTTP/2) makes the connection
LocalStack's for good. So does one that the guard has to look at: a web page's, or one for a Host
that isn't known.

A client can't fill the emulator's memory: a body over LONGEST_BODY is refused before it is read,
and `flow_control` sees that no more is read of a client than it reads of its answers.

Everything here runs in the reactor's thread but operations that may take longer than records in
and out: those run in its pool.
"""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import orjson
from twisted.internet.interfaces import IDelayedCall, IProtocol
from twisted.internet.threads import deferToThread
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory

from devenv.emulator.door.chain import require_role
from devenv.emulator.door.guard import BROWSER_HEADERS, Guard
from devenv.emulator.door.origin_of_functions import is_of_a_function
from devenv.emulator.door.refusal import Refused
from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.wire.json_api import (
    CONTENT_TYPES,
    STREAMING,
    TARGET,
    Answer,
    Callers,
    answer,
    refusal,
)
from devenv.emulator.server.flow_control import FlowControl
from devenv.emulator.server.http_requests import (
    END_OF_HEAD,
    LONGEST_HEAD,
    Head,
    parse_head,
    response,
)

LOG = logging.getLogger(__name__)

BEGINNING = b"POST / HTTP/1.1\r\n"
"""Of every request of Kinesis. What begins otherwise needn't be read any further."""
KNOWS_LOOPBACK = Guard().knows_host
LONGEST_BODY = 16 * 1024 * 1024
"""Bytes. AWS takes 10 MiB of data and keys; this is what they become in base64 and JSON."""
PASSED_ON = BROWSER_HEADERS | {b"x-localstack-data"}
"""Headers of requests that are LocalStack's: the last one says for which service it asks itself."""
AT_ONCE = frozenset(("PutRecord", "PutRecords", "GetRecords", "GetShardIterator"))


class KinesisConnection(ProtocolWrapper):
    """One connection. `wrappedProtocol` is LocalStack's, connected once it is needed."""

    factory: "ConnectionFactory"

    def __init__(self, factory: "ConnectionFactory", wrapped: IProtocol) -> None:
        super().__init__(factory, wrapped)
        self._received = bytearray()
        self._head: tuple[Head, int] | None = None
        """Of the request whose body is still to come, and where in `_received` it begins."""
        self._busy = False
        """Whether an answer is being made in another thread."""
        self._passed_on = False
        self._roles_only = False
        """Whether it comes from a function, in containers."""

    def makeConnection(self, transport: Any) -> None:
        self.connected = 1
        self.transport = transport
        self.factory.registerProtocol(self)
        transport.setTcpNoDelay(True)
        self._flow = FlowControl(transport, self.factory.call_later, self._go_on)
        self._roles_only = is_of_a_function(transport.getHost(), transport.getPeer())

    def dataReceived(self, data: bytes) -> None:
        if self._passed_on:
            self.wrappedProtocol.dataReceived(data)
            return
        self._received += data
        self._go_on()
        if len(self._received) > LONGEST_BODY + LONGEST_HEAD:  # Requests sent ahead of answers.
            self._flow.hold_back()

    def connectionLost(self, reason: Any) -> None:
        self._flow.stopProducing()
        if self._passed_on:
            super().connectionLost(reason)
        else:
            self.connected = 0
            self.factory.unregisterProtocol(self)

    def _go_on(self) -> None:
        """Answer all requests that are here whole, one after the other."""
        while self._received and not (self._busy or self._flow.is_waiting) and self.connected:
            if self._head is None and not self._read_head():
                return
            assert self._head is not None
            head, begin = self._head
            end = begin + head.length
            if len(self._received) < end:
                return
            body = bytes(memoryview(self._received)[begin:end])
            del self._received[:end]
            self._head = None
            self._answer(head, body)
        if not self._busy:
            self._flow.release()

    def _read_head(self) -> bool:
        """Whether the head is here and Kinesis's. If it's another's, the connection passes on."""
        received = self._received
        end = received.find(END_OF_HEAD)
        if end < 0:
            begun = received.startswith(BEGINNING[: len(received)])
            if not begun or len(received) > LONGEST_HEAD:
                self._pass_on()
            return False
        head = parse_head(bytes(received[:end])) if received.startswith(BEGINNING) else None
        if head is None or not is_for_kinesis(head) or not self.factory.knows_host(head.host):
            self._pass_on()
            return False
        if head.length > LONGEST_BODY:
            self._received.clear()
            self._send(head, TOO_LARGE)
            self._close()
            return False
        self._head = (head, end + len(END_OF_HEAD))
        return True

    def _answer(self, head: Head, body: bytes) -> None:
        operation = head.headers[b"x-amz-target"].decode("latin-1").removeprefix(TARGET)
        if operation in AT_ONCE:
            self._send(head, self.factory.answer(operation, head, body, self._roles_only))
            return
        self._busy = True

        def done(found: Answer) -> None:
            self._busy = False
            if self.connected:
                self._send(head, found)
                self._go_on()

        answer = self.factory.answer
        deferToThread(answer, operation, head, body, self._roles_only).addCallback(done)

    def _send(self, head: Head, found: Answer) -> None:
        content_type = head.headers[b"content-type"]
        request_id = str(uuid.uuid4()).encode()
        self._write(response(found.status, content_type, request_id, found.body, time.time()))
        if head.closes:
            self._close()

    def _close(self) -> None:
        self._flow.detach()
        self.transport.loseConnection()

    def _write(self, data: bytes) -> None:
        """At once rather than in the reactor's next turn, unless earlier data still waits."""
        transport = self.transport
        write_some = getattr(transport, "writeSomeData", None)  # A TCP connection's.
        if write_some and not (
            transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting
        ):
            sent = write_some(data)
            data = data[sent:] if isinstance(sent, int) else data  # Else it is lost: `write` sees.
        if data:
            transport.write(data)

    def _pass_on(self) -> None:
        self._passed_on = True
        self._flow.detach()
        super().makeConnection(self.transport)
        received = bytes(self._received)
        self._received.clear()
        self.wrappedProtocol.dataReceived(received)


class ConnectionFactory(WrappingFactory):
    """Puts a `KinesisConnection` before each protocol of LocalStack's factory."""

    protocol = KinesisConnection

    def __init__(
        self,
        wrapped: Any,
        kinesis: Callable[[], Kinesis],
        call_later: Callable[..., IDelayedCall],
        knows_host: Callable[[str], bool] = KNOWS_LOOPBACK,
    ) -> None:
        super().__init__(wrapped)
        self._kinesis = kinesis
        self.knows_host = knows_host
        self._callers = Callers()
        self.call_later = call_later

    def answer(self, operation: str, head: Head, body: bytes, roles_only: bool) -> Answer:
        """Kinesis's answer to a request for which `is_for_kinesis` holds."""
        authorization = head.headers.get(b"authorization", b"").decode("latin-1")
        try:
            caller = self._callers.of(authorization)
            if roles_only:
                require_role(caller.session)
            found = answer(self._kinesis(), caller, operation, body)
        except Refused as refused:
            found = refusal(refused)
        except Exception:
            LOG.exception("kinesis.%s failed", operation)
            found = INTERNAL_FAILURE
        assert found is not None, "is_for_kinesis leaves event streams to LocalStack"
        if found.error:
            LOG.info("AWS kinesis.%s => %d (%s)", operation, found.status, found.error)
        return found


TOO_LARGE = Answer(
    413,
    orjson.dumps(
        {
            "__type": "RequestEntityTooLargeException",
            "message": f"The request is over {LONGEST_BODY} bytes. Put at most 10 MiB at once.",
        }
    ),
    "RequestEntityTooLargeException",
)
INTERNAL_FAILURE = Answer(
    500,
    orjson.dumps({"__type": "InternalFailure", "message": "See the emulator's log."}),
    "InternalFailure",
)


def is_for_kinesis(head: Head) -> bool:
    """Whether a request is one of Kinesis's JSON API, and its answer JSON. What a web page sends
    is passed on: the guard in front of LocalStack looks at it."""
    headers = head.headers
    target = headers.get(b"x-amz-target", b"").decode("latin-1")
    content_type = headers.get(b"content-type", b"").partition(b";")[0].decode("latin-1")
    return (
        target.startswith(TARGET)
        and target != TARGET + STREAMING
        and content_type in CONTENT_TYPES
        and headers.get(b"content-encoding", b"identity") == b"identity"
        and PASSED_ON.isdisjoint(headers)
    )
