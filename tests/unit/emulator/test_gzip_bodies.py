"""A body with the label gzip: unpacked if it is, refused as the sender's fault if it isn't."""

import gzip
import io
from types import SimpleNamespace
from typing import Any

import pytest

from devenv.emulator.gzip_bodies import MESSAGE, decode


def decoded(body: bytes, encoding: str | None = "gzip", kind: str = "application/json") -> Any:
    """The request after `decode`, the response, and whether the chain was stopped."""
    stopped: list[bool] = []
    headers = {"Content-Type": kind, "Content-Encoding": encoding}
    request = SimpleNamespace(content_encoding=encoding, stream=io.BytesIO(body), headers=headers)
    response = SimpleNamespace(status_code=200, data="", headers={})
    chain = SimpleNamespace(stop=lambda: stopped.append(True))
    decode(chain, SimpleNamespace(request=request), response)
    return request, response, bool(stopped)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    request, _, stopped = decoded(gzip.compress(b'{"a": 1}'), encoding)
    assert (request.stream.read(), stopped) == (b'{"a": 1}', False)
    assert request.headers["Content-Encoding"] == "identity"


@pytest.mark.parametrize("encoding", [None, "identity", "br"])
def test_other_labels_are_not_looked_at(encoding: str | None) -> None:
    request, _, stopped = decoded(b"body", encoding)
    assert (request.stream.read(), stopped) == (b"body", False)


PACKED = gzip.compress(b"x" * 1000, mtime=0)


@pytest.mark.parametrize(
    "body", [b"", b'{"StreamName": "rides"}', PACKED[:20], PACKED[:12] + b"\xff" * 20]
)
@pytest.mark.parametrize(
    "kind", ["application/x-amz-json-1.1", "application/x-www-form-urlencoded"]
)
def test_a_wrong_label_is_the_senders_fault(body: bytes, kind: str) -> None:
    """In JSON or XML, as the request's protocol has it. An empty body unpacks to nothing."""
    _, response, stopped = decoded(body, kind=kind)
    if not body:
        assert not stopped
        return
    assert (response.status_code, stopped) == (400, True)
    assert MESSAGE in response.data
    assert response.data[0] == ("{" if "json" in kind else "<")
