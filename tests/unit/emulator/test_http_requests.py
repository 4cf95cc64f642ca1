"""Requests put together from what arrives, however it is cut."""

import pytest

from devenv.emulator.functions.http_requests import Head, Malformed, Request, RequestReader

POST = b"POST /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = (
    b"POST /b HTTP/1.1\r\nHost: h:1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;name=value\r\nab\r\nA\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
GET = b"GET /c HTTP/1.1\r\nhost:h:1\r\n\r\n"


def read(reader: RequestReader) -> list[tuple[str, bytes | None]]:
    found = []
    while arrived := reader.next():
        if isinstance(arrived, Request):
            found.append((arrived.head.target, arrived.body))
    return found


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_it_does_not_matter_how_requests_are_cut(size: int) -> None:
    """One after the other on a connection, in pieces of any size."""
    reader, found = RequestReader(100), []
    stream = POST + CHUNKED + GET + POST
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
        found += read(reader)
    assert found == [("/a", b"abc"), ("/b", b"ab0123456789"), ("/c", b""), ("/a", b"abc")]
    assert reader.unread == 0


def test_the_head_comes_first() -> None:
    """So that a request can be refused before its body is read."""
    reader = RequestReader(100)
    reader.feed(POST[:-1])
    head = reader.next()
    assert isinstance(head, Head)
    assert (head.method, head.target, head.length) == ("POST", "/a", 3)
    assert head.headers == {"host": "h:1", "content-length": "3"}
    assert reader.next() is None


@pytest.mark.parametrize("request_", [POST, CHUNKED])
def test_a_body_over_the_limit_is_counted_and_not_kept(request_: bytes) -> None:
    """What comes behind it is read as ever."""
    reader = RequestReader(2)
    reader.feed(request_ + GET)
    assert [body for _, body in read(reader)] == [None, b""]
    assert reader.body.kept == b""


@pytest.mark.parametrize(
    "stream",
    [
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
        b"GET / HTTP/1.1\r\nX: " + b"x" * 3_000_000,
    ],
)
def test_what_is_no_request_is_told(stream: bytes) -> None:
    reader = RequestReader(100)
    reader.feed(stream)
    with pytest.raises(Malformed):
        read(reader)


def test_the_client_says_when_a_connection_is_closed() -> None:
    """HTTP/1.0 closes it always."""
    for stream, closes in [
        (GET, False),
        (b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", True),
    ]:
        reader = RequestReader(100)
        reader.feed(stream)
        head = reader.next()
        assert isinstance(head, Head)
        assert head.closes is closes
