"""The part of HTTP/1.1 that AWS's clients use to send JSON: a head, and a body of known length."""

from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

END_OF_HEAD = b"\r\n\r\n"
LONGEST_HEAD = 64 * 1024


@dataclass(frozen=True)
class Head:
    """A request without its body. Header names are in lower case."""

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    length: int
    """Of the body, in bytes."""

    @property
    def host(self) -> str:
        """The Host header; "" if there's none."""
        return self.headers.get(b"host", b"").decode("latin-1")

    @property
    def closes(self) -> bool:
        """Whether the client wants the connection closed after the answer."""
        return self.headers.get(b"connection", b"").lower() == b"close"


def parse_head(raw: bytes) -> Head | None:
    """A head, without its last empty line; None for what is not a plain HTTP/1.1 request whose
    body has a length: chunked, continued, repeated or folded headers, another version."""
    first, *lines = raw.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or words[2] != b"HTTP/1.1":
        return None
    headers: dict[bytes, bytes] = {}
    for line in lines:
        field = _field(line)
        if field is None or field[0] in headers:
            return None
        headers[field[0]] = field[1]
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or headers.keys() & {b"transfer-encoding", b"expect", b"upgrade"}:
        return None
    return Head(words[0], words[1], headers, int(length))


@lru_cache(1024)
def _field(line: bytes) -> tuple[bytes, bytes] | None:
    """A header's name and value. Most are the same in all of a client's requests."""
    name, colon, value = line.partition(b":")
    name = name.lower()
    if not colon or not name or name[:1] in b" \t" or name[-1:] in b" \t":
        return None
    return name, value.strip()


def response(status: int, content_type: bytes, request_id: bytes, body: bytes, now: float) -> bytes:
    """A whole response in one piece, so that it can be sent in one packet."""
    return b"%bContent-Type: %b\r\nContent-Length: %d\r\nx-amzn-RequestId: %b\r\n\r\n%b" % (
        _beginning(status, int(now)),
        content_type,
        len(body),
        request_id,
        body,
    )


@lru_cache(16)
def _beginning(status: int, second: int) -> bytes:
    words = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
    return f"{words}\r\nDate: {formatdate(second, usegmt=True)}\r\n".encode()
