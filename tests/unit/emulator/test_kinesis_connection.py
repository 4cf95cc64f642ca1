"""The server's front: which requests it answers, and what it leaves to LocalStack."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.store import Store
from devenv.emulator.server import kinesis_connection
from devenv.emulator.server.http_requests import parse_head
from devenv.emulator.server.kinesis_connection import (
    LONGEST_BODY,
    ConnectionFactory,
    KinesisConnection,
)

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, x"


class Beyond(Protocol):
    """Stands for LocalStack's side of a connection: keeps what it gets."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = False

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self.ended = True


class Transport:
    """The socket's side of a connection."""

    def __init__(self) -> None:
        self.written = b""
        self.disconnecting = False
        self.aborted = False
        self.reading = True
        self.producer: Any = None
        self.dataBuffer, self.offset, self._tempDataLen = b"", 0, 0

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True

    def abortConnection(self) -> None:
        self.aborted = True

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 4566)

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 50_000)

    def setTcpNoDelay(self, enabled: bool) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.written += data

    def loseConnection(self) -> None:
        self.disconnecting = True


class Connection:
    """A client's connection to the front."""

    def __init__(self, factory: ConnectionFactory) -> None:
        self.front: KinesisConnection = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
        self.beyond: Beyond = self.front.wrappedProtocol
        self.transport = Transport()
        self.front.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.front.dataReceived(data)

    def answers(self) -> list[tuple[int, dict[str, Any]]]:
        """Status and body of all answers so far."""
        found, rest = [], self.transport.written
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            words, *lines = head.decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            assert headers["x-amzn-RequestId"]
            assert headers["Date"].endswith("GMT")
            length = int(headers["Content-Length"])
            found.append((int(words.split()[1]), json.loads(rest[:length] or b"{}")))
            rest = rest[length:]
        return found

    def call(self, operation: str, **body: Any) -> dict[str, Any]:
        self.transport.written = b""
        self.send(request(operation, body))
        [(status, answer)] = self.answers()
        assert status == 200
        return answer


def request(operation: str, body: Any, **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    shown = {
        "Host": "localhost",
        "X-Amz-Target": f"Kinesis_20131202.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": AUTHORIZATION,
        "Content-Length": str(len(content)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in shown.items() if value]
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode() + content


def put(data: bytes = b"x", **headers: str) -> bytes:
    body = {"StreamName": "s", "PartitionKey": "k", "Data": base64.b64encode(data).decode()}
    return request("PutRecord", body, **headers)


class Later:
    """Stands for the reactor's clock: calls wait until they are made."""

    def __init__(self) -> None:
        self.calls: list[Later.Call] = []

    def __call__(self, seconds: float, function: Callable[[], None]) -> "Later.Call":
        self.calls.append(Later.Call(function))
        return self.calls[-1]

    def pass_by(self) -> None:
        for call in [call for call in self.calls if call.active()]:
            call.done = True
            call.function()

    class Call:
        def __init__(self, function: Callable[[], None]) -> None:
            self.function, self.done = function, False

        def active(self) -> bool:
            return not self.done

        def cancel(self) -> None:
            self.done = True


@pytest.fixture
def factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionFactory]:
    monkeypatch.setattr(kinesis_connection, "deferToThread", maybeDeferred)
    kinesis = Kinesis(Store(tmp_path / "kinesis.db"))
    yield ConnectionFactory(Factory.forProtocol(Beyond), lambda: kinesis, Later())
    kinesis.store.close()


@pytest.fixture
def client(factory: ConnectionFactory) -> Connection:
    made = Connection(factory)
    made.call("CreateStream", StreamName="s", ShardCount=1)
    made.transport.written = b""
    return made


def read_all(client: Connection) -> list[bytes]:
    iterator = client.call(
        "GetShardIterator",
        StreamName="s",
        ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    )
    page = client.call("GetRecords", **iterator)
    return [base64.b64decode(record["Data"]) for record in page["Records"]]


def test_a_record_goes_in_and_out(client: Connection) -> None:
    client.send(put(b"hello"))
    [(status, answer)] = client.answers()
    assert status == 200
    assert answer["ShardId"] == "shardId-000000000000"
    assert read_all(client) == [b"hello"]
    assert client.beyond.received == b""


def test_a_request_may_come_in_pieces(client: Connection) -> None:
    for byte in put(b"hello"):
        assert client.answers() == []
        client.send(bytes([byte]))
    assert [status for status, _ in client.answers()] == [200]


def test_requests_sent_together_are_answered_in_order(client: Connection) -> None:
    client.send(put(b"1") + request("ListStreams", {}) + put(b"2"))
    first, streams, second = [answer for _, answer in client.answers()]
    assert streams["StreamNames"] == ["s"]
    assert first["SequenceNumber"] < second["SequenceNumber"]


def test_a_request_waits_for_the_one_before_it(
    client: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[tuple[Deferred[Any], Any]] = []

    def later(function: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
        waiting.append((Deferred(), function(*arguments)))
        return waiting[-1][0]

    monkeypatch.setattr(kinesis_connection, "deferToThread", later)
    client.send(request("ListStreams", {}) + put())
    assert client.answers() == []
    deferred, result = waiting.pop()
    deferred.callback(result)
    assert [len(answer) for _, answer in client.answers()] == [3, 2]


def test_a_client_may_leave_before_its_answer(
    client: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferred: Deferred[Any] = Deferred()
    monkeypatch.setattr(kinesis_connection, "deferToThread", lambda *_: deferred)
    client.send(request("ListStreams", {}))
    client.front.connectionLost(Failure(connectionDone))
    deferred.callback(kinesis_connection.INTERNAL_FAILURE)
    assert client.answers() == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "SerializationException"),
        (b'{"StreamName": 1}', "SerializationException"),
        (b'{"StreamName": "s"}', "ValidationException"),
        (b'{"StreamName": "t", "PartitionKey": "k", "Data": ""}', "ResourceNotFoundException"),
    ],
)
def test_a_bad_request_gets_awss_error(client: Connection, body: bytes, kind: str) -> None:
    client.send(request("PutRecord", body) + put())
    (status, answer), (after, _) = client.answers()
    assert (status, answer["__type"], after) == (400, kind, 200)


def test_what_isnt_implemented_is_named(client: Connection) -> None:
    client.send(request("UpdateStreamWarmThroughput", {}))
    [(status, answer)] = client.answers()
    assert status == 501
    assert "UpdateStreamWarmThroughput" in answer["message"]


def test_a_fault_of_ours_is_an_internal_failure(
    client: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(kinesis_connection, "answer", broken)
    client.send(put())
    [(status, answer)] = client.answers()
    assert (status, answer["__type"]) == (500, "InternalFailure")


def test_the_connection_is_closed_if_the_client_wants_it(client: Connection) -> None:
    client.send(put(Connection="close"))
    assert [status for status, _ in client.answers()] == [200]
    assert client.transport.disconnecting


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /_localstack/health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G",
        b"\x16\x03\x01 a TLS hello",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.0\r\n\r\n",
        put(X_Amz_Target="DynamoDB_20120810.GetItem"),
        put(Content_Type="application/x-amz-cbor-1.1"),
        put(Content_Encoding="gzip"),
        put(Transfer_Encoding="chunked"),
        put(Expect="100-continue"),
        put(Origin="https://example.com"),
        put(Content_Length="ten"),
        request("SubscribeToShard", {}),
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"x" * 70_000,
    ],
)
def test_all_else_is_localstacks(client: Connection, sent: bytes) -> None:
    client.send(put())
    client.send(sent)
    assert client.beyond.received == sent
    client.send(put())  # From here on, everything.
    assert client.beyond.received == sent + put()
    assert len(client.answers()) == 1
    client.front.connectionLost(Failure(connectionDone))
    assert client.beyond.ended


def test_a_connection_that_asked_for_nothing_ends_quietly(
    factory: ConnectionFactory,
) -> None:
    client = Connection(factory)
    client.front.connectionLost(Failure(connectionDone))
    assert not client.beyond.ended
    assert factory.protocols == {}


def test_a_body_over_the_limit_is_refused_before_it_comes(client: Connection) -> None:
    head = put(Content_Length=str(10 * 2**30)).partition(b"\r\n\r\n")[0]
    client.send(head + b"\r\n\r\n")
    [(status, answer)] = client.answers()
    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")
    assert client.transport.disconnecting


def test_the_largest_put_of_aws_is_taken(client: Connection) -> None:
    """500 records with 10 MiB in all: more bytes in base64 and JSON, keys as long as may be."""
    size = 10 * 2**20 // 500 - 256
    data = base64.b64encode(bytes(size)).decode()
    record = {"PartitionKey": "\u00fc" * 128, "Data": data}
    assert len(request("PutRecords", {"StreamName": "s", "Records": [record] * 500})) < LONGEST_BODY
    assert (
        client.call("PutRecords", StreamName="s", Records=[record] * 500)["FailedRecordCount"] == 0
    )


def test_nothing_is_read_of_a_client_that_doesnt_read(client: Connection) -> None:
    """Its requests wait; what it has sent is answered once it has read what came before."""
    client.transport.producer.pauseProducing()
    client.send(put())
    assert (client.answers(), client.transport.reading) == ([], False)
    client.transport.producer.resumeProducing()
    assert ([status for status, _ in client.answers()], client.transport.reading) == ([200], True)


def test_a_client_that_never_reads_is_disconnected(client: Connection) -> None:
    later: Any = client.front.factory.call_later
    client.transport.dataBuffer = bytes(100)
    client.transport.producer.pauseProducing()
    client.transport.offset = 50  # It has read a little.
    later.pass_by()
    assert not client.transport.aborted
    later.pass_by()
    assert client.transport.aborted


def test_a_client_that_goes_while_it_is_waited_for_is_forgotten(client: Connection) -> None:
    later: Any = client.front.factory.call_later
    client.transport.producer.pauseProducing()
    client.front.connectionLost(Failure(connectionDone))
    later.pass_by()
    assert not client.transport.aborted


def test_requests_ahead_of_their_answers_are_read_no_further(
    client: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferred: Deferred[Any] = Deferred()
    monkeypatch.setattr(kinesis_connection, "deferToThread", lambda *_: deferred)
    client.send(request("ListStreams", {}))
    client.send(bytes(LONGEST_BODY + 2**17))
    assert not client.transport.reading


def test_a_head_is_taken_apart() -> None:
    head = parse_head(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nX-A:  b \r\nConnection: Close")
    assert head is not None
    assert (head.method, head.target, head.length) == (b"POST", b"/", 3)
    assert head.headers[b"x-a"] == b"b"
    assert head.closes


@pytest.mark.parametrize("lines", [b"A: 1\r\na: 2", b" A: 1", b"A : 1", b": 1", b"A: 1\r\n folded"])
def test_an_odd_head_is_left_to_others(lines: bytes) -> None:
    assert parse_head(b"POST / HTTP/1.1\r\n" + lines) is None
