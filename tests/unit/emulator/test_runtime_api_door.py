"""Who may speak to a Runtime API, which answers it takes, and that it loses no event."""

import contextlib
import http.client
import json
import queue
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest
from fake_runtime import PREFIX, Client

from devenv.emulator.functions import peers
from devenv.emulator.functions.families import Family
from devenv.emulator.functions.runtime_api import Event, Invocation, Ready, Replied, RuntimeApi
from devenv.emulator.functions.runtime_http import DISCARD_LIMIT, RESPONSE_LIMIT, refusal

NEXT = f"GET {PREFIX}/invocation/next HTTP/1.1\r\nHost: HOST\r\n\r\n"
OTHER_ID = {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}


def invocation(number: int, payload: bytes = b"{}") -> Invocation:
    return Invocation(f"id-{number}", payload, "arn:function", "Root=1", 0)


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    api.admit(lambda peer: True)
    yield api
    api.close()


@pytest.fixture
def client(api: RuntimeApi) -> Iterator[Client]:
    client = Client(api.address)
    yield client
    client.close()


def event(api: RuntimeApi) -> Event:
    return api.events.get(timeout=5)


def nothing_more(api: RuntimeApi) -> bool:
    try:
        api.events.get_nowait()
    except queue.Empty:
        return True
    return False


def take(api: RuntimeApi, client: Client, number: int = 1) -> None:
    api.dispatch(invocation(number))
    assert client.next()[0] == f"id-{number}"
    assert event(api) == Ready()


def waiting(api: RuntimeApi) -> socket.socket:
    """A runtime that has asked for an event, with nothing but a socket."""
    host, port = api.address.split(":")
    runtime = socket.create_connection((host, int(port)), timeout=5)
    runtime.sendall(NEXT.replace("HOST", api.address).encode())
    assert event(api) == Ready()
    return runtime


@pytest.mark.parametrize("verb", ["response", "error"])
def test_an_answer_to_another_request_is_refused_and_not_recorded(
    api: RuntimeApi, client: Client, verb: str
) -> None:
    """A mapping would take it for a success."""
    take(api, client)
    status, body = client.request("POST", f"/invocation/id-2/{verb}", b"{}")
    assert (status, json.loads(body)) == (400, OTHER_ID)
    assert nothing_more(api)
    assert client.respond("id-1", 1) == 202


def test_an_answer_without_an_event_is_refused(api: RuntimeApi, client: Client) -> None:
    """Nor does one that hasn't been fetched count as in progress."""
    assert client.respond("id-1", 1) == 400
    api.dispatch(invocation(1))
    assert client.respond("id-1", 1) == 400
    assert nothing_more(api)


def test_a_second_answer_is_refused(api: RuntimeApi, client: Client) -> None:
    """The first one stands, also where it was too large."""
    take(api, client)
    assert [client.respond("id-1", 1), client.respond("id-1", 2)] == [202, 400]
    assert event(api) == Replied("id-1", b"1", None)
    take(api, client, 2)
    assert client.respond("id-2", "x" * RESPONSE_LIMIT) == 413
    assert client.fail("id-2", "Sorry", "") == 400
    assert event(api) != Replied("id-2", b"{}", "Sorry")
    assert nothing_more(api)


def test_init_can_not_fail_once_it_is_over(api: RuntimeApi, client: Client) -> None:
    """As AWS's emulator, which answers 403."""
    take(api, client)
    assert client.fail_init("Runtime.ImportModuleError", "no module") == 403
    assert nothing_more(api)


def test_a_waiter_that_has_gone_gets_no_event(api: RuntimeApi, client: Client) -> None:
    """curl with a timeout, or a thread of the runtime's that was ended."""
    waiting(api).close()
    api.dispatch(invocation(1))
    assert client.next() == ("id-1", b"{}")


def test_the_next_waiter_gets_what_the_first_did_not_live_to_take(api: RuntimeApi) -> None:
    """In the order in which they asked."""
    first, second, third = (waiting(api) for _ in range(3))
    first.close()
    api.dispatch(invocation(1))
    assert b"Aws-Request-Id: id-1" in second.recv(4096)
    api.dispatch(invocation(2))
    assert b"Aws-Request-Id: id-2" in third.recv(4096)
    second.close()
    third.close()


def test_an_event_that_was_sent_and_not_read_goes_to_the_next(
    api: RuntimeApi, client: Client
) -> None:
    """The other end closed with it in its buffer."""
    runtime = waiting(api)
    api.dispatch(invocation(1))
    assert select.select([runtime], [], [], 5)[0]
    runtime.close()
    assert client.next() == ("id-1", b"{}")
    assert client.respond("id-1", 1) == 202


def test_an_event_that_was_cut_off_goes_to_the_next(api: RuntimeApi, client: Client) -> None:
    """6 MB don't fit into a socket's buffers: it's gone while we still send."""
    runtime = waiting(api)
    payload = json.dumps("x" * 6_000_000).encode()
    api.dispatch(invocation(1, payload))
    assert runtime.recv(1000)
    runtime.close()
    assert client.next() == ("id-1", payload)


def test_an_event_that_was_read_is_not_given_again(api: RuntimeApi, client: Client) -> None:
    """A shell script's curl closes after each request, and answers on another connection."""
    runtime = waiting(api)
    api.dispatch(invocation(1))
    assert runtime.recv(4096)
    runtime.close()
    assert client.respond("id-1", 1) == 202
    api.dispatch(invocation(2))
    assert client.next()[0] == "id-2"


def test_a_stranger_gets_no_event_and_may_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    """Another process of this machine, or another function; the log says so once."""
    api = RuntimeApi()
    api.admit(lambda peer: False)
    api.dispatch(invocation(1))
    for method, path in [
        ("GET", "/invocation/next"),
        ("POST", "/invocation/id-1/response"),
        ("POST", "/init/error"),
    ]:
        stranger = Client(api.address)
        status, body = stranger.request(method, path, b"{}" if method == "POST" else None)
        assert (status, json.loads(body)["errorType"]) == (403, "Forbidden")
        stranger.close()
    assert nothing_more(api)
    told = [message for message in caplog.messages if "was refused" in message]
    assert len(told) == 1
    assert "isn't the function's own process or container" in told[0]
    api.close()


def test_a_connection_is_looked_at_once_and_waits_for_that() -> None:
    """It may be made before the sandbox is known."""
    api = RuntimeApi()
    asked: list[tuple[str, int]] = []
    client = Client(api.address)
    answers: list[int] = []
    early = threading.Thread(target=lambda: answers.append(client.respond("id-1", 1)))
    early.start()
    early.join(timeout=0.05)
    assert early.is_alive()

    def check(peer: tuple[str, int]) -> bool:
        asked.append(peer)
        return True

    api.admit(check)
    early.join(timeout=5)
    answers.append(client.respond("id-1", 1))
    assert (answers, len(asked)) == ([400, 400], 1)
    client.close()
    api.close()


def test_the_other_end_is_known_by_its_process() -> None:
    """The function's own process and its descendants, wherever they are; nobody else."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = server.getsockname()
        address = f"{here[0]}:{here[1]}"
        child = f"import socket; s = socket.create_connection({here!r}); s.recv(1)"
        parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        kinds = {
            "itself": (child, True),
            "a child": (parent, True),
        }
        for name, (source, expected) in kinds.items():
            runtime = subprocess.Popen([sys.executable, "-c", source], start_new_session=True)
            family = Family(psutil.Process(runtime.pid), address)
            connection, peer = server.accept()
            assert family.has_connection(peer) is expected, name
            mine = socket.create_connection(here)
            assert not family.has_connection(mine.getsockname()), name
            mine.close()
            server.accept()[0].close()
            connection.close()
            family.kill()
            runtime.wait()


def test_without_netlink_the_processes_sockets_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On macOS, say; the answer is the same."""
    monkeypatch.delattr(socket, "AF_NETLINK", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = server.getsockname()
        mine = socket.create_connection(here)
        other, _ = server.accept()
        this = psutil.Process()
        assert peers.holds(this, mine.getsockname(), here)
        assert not peers.holds(this, ("127.0.0.1", 1), here)
        mine.close()
        other.close()


HOSTS = frozenset({"127.0.0.1:9001", "localhost:9001"})


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"host": "127.0.0.1:9001"}, None),
        ({"host": "LOCALHOST:9001"}, None),
        ({"host": "127.0.0.1:9001", "origin": "https://evil.example"}, "origin"),
        ({"host": "127.0.0.1:9001", "origin": "null"}, "origin"),
        ({"host": "127.0.0.1:9001", "sec-fetch-site": "same-origin"}, "sec-fetch-site"),
        ({"host": "127.0.0.1:9001", "sec-fetch-mode": "no-cors"}, "sec-fetch-mode"),
        ({"host": "evil.example:9001"}, "evil.example:9001"),
        ({"host": "127.0.0.1:9002"}, "127.0.0.1:9002"),
        ({"host": "127.0.0.1"}, "127.0.0.1"),
        ({}, "None"),
    ],
)
def test_a_browsers_request_is_refused(headers: dict[str, str], words: str | None) -> None:
    """No runtime sends these; a page that knows the port does."""
    why = refusal(headers, HOSTS)
    assert (why is None) if words is None else (why is not None and words in why)


def test_a_refused_request_takes_no_event(api: RuntimeApi, client: Client) -> None:
    """Over HTTP; the connection ends with it."""
    api.dispatch(invocation(1))
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        page = Client(api.address)
        assert page.request("GET", "/invocation/next", headers=headers)[0] == 403
        page.close()
    assert nothing_more(api)
    assert client.next()[0] == "id-1"


def test_a_body_that_claims_gigabytes_is_refused_unread(api: RuntimeApi, client: Client) -> None:
    """By its Content-Length; the caller is told as of any response that is too large."""
    take(api, client)
    host, port = api.address.split(":")
    liar = http.client.HTTPConnection(host, int(port), timeout=5)
    liar.putrequest("POST", f"{PREFIX}/invocation/id-1/response")
    liar.putheader("Content-Length", str(10_000_000_000))
    liar.endheaders()
    answer = liar.getresponse()
    assert (answer.status, json.loads(answer.read())["errorType"]) == (413, "RequestEntityTooLarge")
    liar.close()
    replied = event(api)
    assert isinstance(replied, Replied)
    assert replied.error_type == "Function.ResponseSizeTooLarge"


def test_a_chunked_body_without_end_is_cut(api: RuntimeApi, client: Client) -> None:
    """Nothing of it is kept beyond the limit."""
    take(api, client)
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as liar:
        head = f"POST {PREFIX}/invocation/id-1/response HTTP/1.1\r\nHost: {api.address}\r\n"
        liar.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        with contextlib.suppress(ConnectionError):  # It's cut while we send.
            for _ in range(2 * DISCARD_LIMIT // 0x100000):
                liar.sendall(chunk)
            pytest.fail("all of it was taken")
    replied = event(api)
    assert isinstance(replied, Replied)
    assert replied.error_type == "Function.ResponseSizeTooLarge"
