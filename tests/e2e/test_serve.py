"""`devenv serve` as a person uses it, beside an environment that's up."""

import json
import signal
import urllib.error
import urllib.request
from typing import Any

import psutil
import pytest

from devenv.testing.ports import free_port
from devenv.wait import wait_for

from .conftest import Shell

RIDE = {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}


def post(url: str, ride: object) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{url}/predict", json.dumps(ride).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def runs(process: psutil.Process) -> bool:
    """A zombie doesn't: a container's process 1 may not care for it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_serve_answers_with_the_functions_model_until_ctrl_c(running: Shell) -> None:
    """The duration is the function's to the last digit; the port is said to be taken meanwhile,
    and free afterwards, with no process left."""
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    service = running.start("serve", "--port", port, "--workers", "2")
    try:
        service.await_words(f"Serving {url}; Ctrl-C to stop")
        children = psutil.Process(service.process.pid).children(recursive=True)
        status, answer = post(url, RIDE)
        event = json.dumps({"ride": RIDE, "ride_id": 1})
        (invoked,) = running.devenv("invoke", "-", input=event).json_lines()
        minutes = invoked["predictions"][0]["prediction"]["ride_duration"]
        assert (status, answer) == (200, {"duration": minutes, "model_version": "1"})
        status, answer = post(url, RIDE | {"trip_distance": float("nan")})
        assert status == 400
        assert answer["message"].startswith("trip_distance: expected a finite number of miles")
        second = running.devenv("serve", "--port", port)
        assert second.code == 1
        assert f"can't listen at 127.0.0.1:{port}" in second.err
    finally:
        code = service.end_with(signal.SIGINT)
    assert code == 130
    assert "Application shutdown complete" in service.said()
    assert len(children) > 2
    wait_for(
        lambda: not any(runs(child) for child in children), timeout=5, failure="a process is left"
    )
    with pytest.raises(urllib.error.URLError):
        post(url, RIDE)


def test_serve_without_a_function_says_what_to_do(running: Shell) -> None:
    done = running.devenv("serve", FUNCTION_NAME="not-there")
    assert done.code == 6
    assert "If it has not been made there: `devenv bootstrap`." in done.err
