"""One client of the event stream: what it doesn't read waits, but not for ever."""

from typing import Any

import pytest

from devenv.emulator.server.event_stream import BEHIND, EventClient


class Channel:
    """An HTTP/1.1 connection."""

    aborted = 0

    def forceAbortClient(self) -> None:
        self.aborted += 1


class Stream:
    """One of HTTP/2."""

    aborted = 0

    def abortConnection(self) -> None:
        self.aborted += 1


class Request:
    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.written: list[bytes] = []
        self.producer: Any = None

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming
        self.producer = producer

    def write(self, data: bytes) -> None:
        self.written.append(data)


def started(channel: Any) -> tuple[Request, EventClient]:
    request = Request(channel)
    client = EventClient(request)
    client.start()
    assert request.producer is client
    assert request.written.pop().startswith(b":")
    return request, client


def test_who_reads_is_told_at_once() -> None:
    request, client = started(Channel())
    client.send(b"1")
    client.send(b"2")
    assert request.written == [b"1", b"2"]


def test_who_reads_later_is_told_later_and_in_order() -> None:
    request, client = started(Channel())
    client.pauseProducing()
    client.send(b"1")
    client.send(b"2")
    assert request.written == []
    client.resumeProducing()
    client.send(b"3")
    assert request.written == [b"1", b"2", b"3"]


def test_a_pause_in_the_middle_of_what_waited_keeps_the_order() -> None:
    """The transport may be full again after the first."""
    request, client = started(Channel())
    client.pauseProducing()
    for data in (b"1", b"2", b"3"):
        client.send(data)
    write = request.write

    def write_and_pause(data: bytes) -> None:
        write(data)
        client.pauseProducing()

    request.write = write_and_pause  # type: ignore[method-assign]
    client.resumeProducing()
    assert request.written == [b"1"]
    request.write = write  # type: ignore[method-assign]
    client.resumeProducing()
    assert request.written == [b"1", b"2", b"3"]


@pytest.mark.parametrize("channel", [Channel(), Stream()], ids=["HTTP/1.1", "HTTP/2"])
def test_who_is_too_far_behind_is_cut_off(channel: Any) -> None:
    """Without waiting until it has read what was sent; and nothing more is kept for it."""
    request, client = started(channel)
    client.pauseProducing()
    for _ in range(5):
        client.send(b"x" * (BEHIND // 4))
    assert channel.aborted == 1
    client.send(b"y")
    client.resumeProducing()
    assert (request.written, channel.aborted) == ([], 1)


def test_who_has_gone_is_not_cut_off() -> None:
    request, client = started(None)
    client.pauseProducing()
    client.send(b"x" * (BEHIND + 1))
    assert request.written == []
