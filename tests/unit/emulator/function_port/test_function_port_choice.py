"""Where the function answers by itself, and what answers there."""

import socket
from pathlib import Path

import pytest

from devenv.emulator.__main__ import function_port_variables
from devenv.emulator.function_port.image import ImageBackend
from devenv.errors import BadInput
from devenv.settings import Settings, read_settings


def settings(port: int | str, **given: str) -> Settings:
    url = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    return read_settings({**url, "DEVENV_FUNCTION_PORT": str(port), **given}, Path("/root"))


def test_a_port_that_is_taken_is_told_and_left(capsys: pytest.CaptureFixture[str]) -> None:
    """The emulator starts without it; `devenv up` shows the line."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        variables = function_port_variables(settings(port))
        assert variables["DEVENV_FUNCTION_PORT"] == "0"
        assert f"devenv: Port {port} is taken" in capsys.readouterr().out
    assert function_port_variables(settings(port))["DEVENV_FUNCTION_PORT"] == str(port)
    assert capsys.readouterr().out == ""


def test_none_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    """By 0; the function is the one of the settings."""
    assert function_port_variables(settings(0, FUNCTION_NAME="mine")) == {
        "DEVENV_FUNCTION_PORT": "0",
        "DEVENV_FUNCTION_BY_ITSELF": "mine",
        "DEVENV_FUNCTION_REGION": "us-east-1",
    }


@pytest.mark.parametrize("value", ["x", "-1", "65536"])
def test_what_is_no_port(value: str) -> None:
    with pytest.raises(BadInput, match="is not a port"):
        settings(value)


def test_a_container_that_never_listens_is_told() -> None:
    """After it has been waited for."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds

        reply = ImageBackend(url, sleep, lambda: now[0]).answer(b"{}")
    assert reply.status == 502
    assert b"docker compose logs lambda" in reply.body
    assert now[0] > 20
