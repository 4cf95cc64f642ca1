"""Requests of HTTP/1.1 as runtime clients send them, put together from what arrives.

No library's, since it is passed twice in each invocation: h11 takes 110 µs for that, this 15.
"""

import re
from dataclasses import dataclass, field

HEAD_LIMIT = 2 * 1024 * 1024
"""Bytes. A runtime sends what X-Ray is to know of an error in a header, of up to 1 MB."""

CHUNK_LINE_LIMIT = 4096
SIZE = re.compile(rb"[0-9a-fA-F]{1,12}")


class Malformed(Exception):
    """What arrived is no request; it says why."""


@dataclass(frozen=True)
class Head:
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case; of one that is repeated the last value."""
    length: int | None
    """Of the body, in bytes; None if it comes in chunks."""

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


@dataclass(frozen=True)
class Request:
    head: Head
    body: bytes | None
    """None if it was larger than the limit."""


@dataclass
class Body:
    """What has arrived of a body, kept up to `limit`."""

    limit: int
    size: int = 0
    kept: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes | bytearray) -> None:
        self.size += len(data)
        if self.size > self.limit:
            self.kept.clear()
        else:
            self.kept += data

    def content(self) -> bytes | None:
        return None if self.size > self.limit else bytes(self.kept)


class RequestReader:
    """Gives a request's head, then the whole request, as soon as they are there."""

    def __init__(self, body_limit: int) -> None:
        self._limit = body_limit
        self._buffer = bytearray()
        self.head: Head | None = None
        """Of the request whose body is still arriving."""
        self.body = Body(body_limit)
        self._left = 0
        """Bytes until the body's end, or its chunk's."""
        self._chunk_ends = self._in_trailers = False

    @property
    def unread(self) -> int:
        """Bytes that have arrived behind the last request."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> Head | Request | None:
        """None until more has arrived. Raises `Malformed`."""
        if self.head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if max(end, len(self._buffer) if end < 0 else 0) > HEAD_LIMIT:
                raise Malformed("The headers are too large.")
            if end < 0:
                return None
            self.head = parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
            self.body = Body(self._limit)
            self._left = self.head.length or 0
            self._chunk_ends = self._in_trailers = False
            return self.head
        if not (self._take_chunks() if self.head.length is None else self._take()):
            return None
        request, self.head = Request(self.head, self.body.content()), None
        return request

    def _take(self) -> bool:
        """Whether `_left` bytes have arrived; they're in the body then."""
        taken = self._buffer[: self._left]
        del self._buffer[: self._left]
        self._left -= len(taken)
        self.body.add(taken)
        return self._left == 0

    def _take_chunks(self) -> bool:
        while True:
            if self._left:
                if not self._take():
                    return False
                self._chunk_ends = True
            line = self._line()
            if line is None:
                return False
            if self._chunk_ends:
                if line:
                    raise Malformed("A chunk is longer than it says.")
                self._chunk_ends = False
            elif self._in_trailers:
                if not line:
                    return True
            elif size := SIZE.fullmatch(line.partition(b";")[0].strip()):
                self._left = int(size[0], 16)
                self._in_trailers = self._left == 0
            else:
                raise Malformed("A chunk has no size.")

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, CHUNK_LINE_LIMIT)
        if end < 0:
            if len(self._buffer) >= CHUNK_LINE_LIMIT:
                raise Malformed("A line between chunks is too long.")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line


def parse_head(raw: bytes) -> Head:
    """`raw` is without its last empty line. Raises `Malformed`."""
    first, *lines = raw.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise Malformed("It is no request of HTTP/1.1.")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed("A header has no name.")
        headers[name.lower()] = value.strip()
    if words[2] == "HTTP/1.0":
        headers["connection"] = "close"
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return Head(words[0], words[1], headers, None)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise Malformed("Content-Length is no number.")
    return Head(words[0], words[1], headers, int(length))
