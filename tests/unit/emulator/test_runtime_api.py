"""The Runtime API, driven over HTTP as a runtime interface client drives it."""

import http.client
import json
import queue
import threading
from collections.abc import Iterator

import pytest
from fake_runtime import Client

from devenv.emulator.functions.runtime_api import (
    RESPONSE_LIMIT,
    Event,
    InitFailed,
    Invocation,
    Ready,
    Replied,
    RuntimeApi,
)

TOO_LARGE = (
    b'{"errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).", '
    b'"errorType": "RequestEntityTooLarge"}'
)
"""As AWS's runtime interface emulator answers."""

INVOCATION = Invocation("id-1", b'{"ride": 1}', "arn:function", "Root=1-2-3", 1_700_000_000_000)


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    api.admit(anyone)
    yield api
    api.close()


@pytest.fixture
def client(api: RuntimeApi) -> Iterator[Client]:
    client = Client(api.address)
    yield client
    client.close()


def hand_over(api: RuntimeApi, client: Client) -> None:
    """An invocation is in progress: `client` has taken it."""
    api.dispatch(INVOCATION)
    client.next()
    assert event(api) == Ready()


def anyone(peer: tuple[str, int]) -> bool:
    return True


def event(api: RuntimeApi) -> Event:
    return api.events.get(timeout=5)


def no_event(api: RuntimeApi) -> bool:
    try:
        api.events.get_nowait()
    except queue.Empty:
        return True
    return False


def test_next_gives_the_event_with_its_headers(api: RuntimeApi, client: Client) -> None:
    """All that the handler's context is made of."""
    api.dispatch(INVOCATION)
    assert client.next() == ("id-1", b'{"ride": 1}')
    assert client.headers["Lambda-Runtime-Deadline-Ms"] == "1700000000000"
    assert client.headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:function"
    assert client.headers["Lambda-Runtime-Trace-Id"] == "Root=1-2-3"
    assert client.headers["Content-Type"] == "application/json"


def test_every_next_says_that_the_runtime_is_idle(api: RuntimeApi, client: Client) -> None:
    """The first one is the end of init, the following ones that of the event before."""
    assert no_event(api)
    api.dispatch(INVOCATION)
    api.dispatch(INVOCATION)
    client.next()
    client.next()
    assert [event(api), event(api)] == [Ready(), Ready()]
    assert no_event(api)


def test_next_waits_for_an_event(api: RuntimeApi, client: Client) -> None:
    """A warm environment may wait for hours."""
    got: list[tuple[str, bytes]] = []
    thread = threading.Thread(target=lambda: got.append(client.next()))
    thread.start()
    assert event(api) == Ready()
    assert got == []
    api.dispatch(INVOCATION)
    thread.join(timeout=5)
    assert got == [("id-1", b'{"ride": 1}')]


def test_a_response_is_taken_as_it_is(api: RuntimeApi, client: Client) -> None:
    """202, as AWS answers."""
    hand_over(api, client)
    assert client.respond("id-1", {"predictions": []}) == 202
    assert event(api) == Replied("id-1", b'{"predictions": []}', None)


def test_an_error_is_taken_with_its_type(api: RuntimeApi, client: Client) -> None:
    """The body is the error object that the caller gets."""
    hand_over(api, client)
    assert client.fail("id-1", "ValueError", "no ride") == 202
    body = b'{"errorType": "ValueError", "errorMessage": "no ride"}'
    assert event(api) == Replied("id-1", body, "ValueError")


def test_an_error_without_type_is_unhandled(api: RuntimeApi, client: Client) -> None:
    """The header is optional."""
    hand_over(api, client)
    assert client.request("POST", "/invocation/id-1/error", b"{}")[0] == 202
    assert event(api) == Replied("id-1", b"{}", "Unhandled")


def test_a_failed_init_is_told(api: RuntimeApi, client: Client) -> None:
    """The function couldn't be imported, say."""
    assert client.fail_init("Runtime.ImportModuleError", "no module") == 202
    failed = event(api)
    assert isinstance(failed, InitFailed)
    assert failed.error_type == "Runtime.ImportModuleError"
    assert json.loads(failed.payload)["errorMessage"] == "no module"


@pytest.mark.parametrize("chunks", [[b'{"a"', b': "1234567890', b'1234567890"}'], [b"{}"], []])
def test_a_chunked_body_is_put_together(
    api: RuntimeApi, client: Client, chunks: list[bytes]
) -> None:
    """awslambdaric sends it so; sizes are hexadecimal, and the connection stays usable."""
    hand_over(api, client)
    path = "/invocation/id-1/response"
    assert client.request("POST", path, iter(chunks), encode_chunked=True)[0] == 202
    assert event(api) == Replied("id-1", b"".join(chunks), None)
    hand_over(api, client)
    assert client.respond("id-1", 1) == 202


def test_a_chunked_body_may_have_extensions_and_trailers(api: RuntimeApi, client: Client) -> None:
    """HTTP allows both."""
    hand_over(api, client)
    host, port = api.address.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.putrequest("POST", "/2018-06-01/runtime/invocation/id-1/response")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders(b"2;name=value\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n")
    assert connection.getresponse().status == 202
    connection.close()
    assert event(api) == Replied("id-1", b"{}", None)


def test_a_response_of_6_mib_is_taken_and_a_larger_one_refused(
    api: RuntimeApi, client: Client
) -> None:
    """413 to the runtime, and to the caller the error that AWS gives."""
    path = "/invocation/id-1/response"
    hand_over(api, client)
    assert client.request("POST", path, b"x" * RESPONSE_LIMIT)[0] == 202
    assert event(api) == Replied("id-1", b"x" * RESPONSE_LIMIT, None)
    hand_over(api, client)
    assert client.request("POST", path, b"x" * (RESPONSE_LIMIT + 1)) == (413, TOO_LARGE)
    refused = event(api)
    assert isinstance(refused, Replied)
    assert refused.error_type == "Function.ResponseSizeTooLarge"
    assert json.loads(refused.payload) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/invocation/id-1/next"),
        ("GET", "/"),
        ("POST", "/invocation/id-1/progress"),
        ("POST", "/invocation/response"),
        ("POST", "/exit/error"),
    ],
)
def test_other_routes_are_not_found(
    api: RuntimeApi, client: Client, method: str, path: str
) -> None:
    """And mean nothing; the connection stays usable."""
    hand_over(api, client)
    assert client.request(method, path, b"{}" if method == "POST" else None)[0] == 404
    assert no_event(api)
    assert client.respond("id-1", None) == 202


def test_close_unblocks_a_runtime_that_waits() -> None:
    """It learns that there's nobody any more, rather than hang."""
    api = RuntimeApi()
    api.admit(anyone)
    client = Client(api.address)
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            client.next()
        except http.client.HTTPException as error:
            ended.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert event(api) == Ready()
    api.close()
    thread.join(timeout=5)
    client.close()
    assert [type(error) for error in ended] == [http.client.RemoteDisconnected]


def test_two_runtimes_have_ports_of_their_own(api: RuntimeApi) -> None:
    """One Runtime API for each environment."""
    other = RuntimeApi()
    assert other.address != api.address
    assert api.address.startswith("127.0.0.1:")
    other.close()
