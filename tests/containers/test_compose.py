"""`docker compose up` as a person runs it: rides predicted, restarts survived, nothing left."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devenv.testing.ports import free_port
from devenv.wait import wait_for

PROJECT = "devenv-test"


@dataclass(frozen=True)
class Compose:
    variables: dict[str, str]

    def __call__(self, *arguments: str) -> str:
        """`docker compose ARGUMENTS`; what it printed."""
        return self.run("docker", "compose", *arguments)

    def devenv(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "devenv", *arguments)

    def run(self, *command: str) -> str:
        environ = {**os.environ, **self.variables}
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def containers(self) -> list[str]:
        """The names of all containers of the project, functions' among them."""
        label = f"label=com.docker.compose.project={PROJECT}"
        return self.run("docker", "ps", "-aq", "--filter", label).split()

    def functions(self) -> list[str]:
        label = f"label=devenv.emulator={PROJECT}-localstack-1"
        return self.run("docker", "ps", "-aq", "--filter", label).split()

    def predict(self) -> str:
        """Put a ride, and return the version of the model that predicted it."""
        (line,) = self.devenv("demo", "-n", "1", "--json").splitlines()
        return str(json.loads(line)["version"])

    def bootstrapped(self, since: str) -> str:
        """What the bootstrap has said since, once it has ended well."""

        def probe() -> str | None:
            said = self("logs", "--no-color", "--since", since, "bootstrap")
            return said if "Next: devenv put" in said else None

        return wait_for(probe, timeout=120, interval=0.5, failure="the bootstrap did not end")


@pytest.fixture(scope="module")
def compose(devenv_images: None) -> Iterator[Compose]:
    """Up and ready, under ports and a project name of its own; in the end nothing is left."""
    emulator, mlflow, function = free_port(), free_port(), free_port()
    made = Compose(
        {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "DEVENV_EMULATOR_PORT": str(emulator),
            "DEVENV_MLFLOW_PORT": str(mlflow),
            "DEVENV_FUNCTION_PORT": str(function),
            "DEVENV_FUNCTION_CPU_LIMIT": "0",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{emulator}",
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{mlflow}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )
    try:
        made("up", "-d", "--wait")
        yield made
    finally:
        made("down", "-v")
        assert made.containers() == []
        mine = f"label=com.docker.compose.project={PROJECT}"
        assert made.run("docker", "volume", "ls", "-q", "--filter", mine) == ""
        assert made.run("docker", "network", "ls", "-q", "--filter", mine) == ""


def now(compose: Compose) -> str:
    return compose.run("date", "--utc", "+%Y-%m-%dT%H:%M:%S.%NZ").strip()


def test_up_waits_until_rides_are_predicted(compose: Compose) -> None:
    """By the host's commands, on the published ports; the function runs in its own image."""
    assert compose.predict() == "1"
    (function,) = compose.functions()
    image = compose.run("docker", "inspect", "-f", "{{.Config.Image}}", function).strip()
    built = compose.run("docker", "images", "-q", "--no-trunc", "stream-model-duration:latest")
    assert image == built.strip()
    assert compose("logs", "--no-color", "bootstrap").rstrip().endswith("trim-horizon --limit 1")


def test_the_web_service_answers_with_the_functions_model(compose: Compose) -> None:
    """Profile `web`: it waits for the bootstrap, on a disk that can't be written."""
    compose.variables["DEVENV_WEB_PORT"] = str(free_port())
    profile = ("--profile", "web")
    compose(*profile, "build", "--quiet", "web")
    try:
        compose(*profile, "up", "-d", "--wait", "web")
        ride = b'{"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}'
        url = f"http://127.0.0.1:{compose.variables['DEVENV_WEB_PORT']}/predict"
        request = urllib.request.Request(url, ride, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            answer = json.load(reply)
        assert answer["model_version"] == "1"
        assert 0 < answer["duration"] < 120
    finally:
        compose(*profile, "rm", "--force", "--stop", "web")


def test_a_restarted_emulator_is_bootstrapped_again(compose: Compose) -> None:
    """Streams and model are there, role and function made anew; old containers are gone."""
    before, began = compose.functions(), now(compose)
    compose("restart", "localstack")
    said = compose.bootstrapped(began)
    assert "stream ride_events: there" in said
    assert "version 1 there" in said
    assert "function ride-duration-prediction: made" in said
    assert not set(before) & set(compose.functions())
    assert compose.predict() == "1"


def test_a_killed_emulators_functions_go_with_it(compose: Compose) -> None:
    """After kill -9, too; `up` starts emulator and bootstrap again."""
    assert compose.functions()
    compose("kill", "localstack")
    wait_for(
        lambda: not compose.functions(), timeout=20, failure="a function's container is still there"
    )
    compose("up", "-d", "--wait")
    assert compose.predict() == "1"


def test_down_takes_everything_but_state_and_up_trains_nothing(compose: Compose) -> None:
    """Even after kill -9 with a function running, which would hold on to the network."""
    assert compose.functions()
    compose("kill", "localstack")
    compose("down")
    assert compose.containers() == []
    compose("up", "-d", "--wait")
    assert "training" not in compose("logs", "--no-color", "bootstrap")
    assert compose.predict() == "1"


def test_an_emulator_without_docker_says_so(compose: Compose, tmp_path: Path) -> None:
    """A socket where nothing listens: the bootstrap ends with the reason, at once. One that isn't
    there is named by Docker, which makes no folder in its place."""
    socket = tmp_path / "socket"
    compose.variables["DOCKER_SOCKET"] = str(socket)
    try:
        refused = subprocess.run(
            ("docker", "compose", "up", "-d", "localstack"),
            env={**os.environ, **compose.variables},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert refused.returncode != 0
        assert f"bind source path does not exist: {socket}" in refused.stderr
        assert not socket.exists()
        socket.touch()
        compose("up", "-d", "--wait", "localstack", "mlflow")
        environ = {**os.environ, **compose.variables}
        done = subprocess.run(
            ("docker", "compose", "run", "--rm", "-T", "--no-deps", "bootstrap"),
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode != 0
        assert "Docker can't be reached" in done.stdout + done.stderr
        assert "is its socket mounted?" in done.stdout + done.stderr
    finally:
        del compose.variables["DOCKER_SOCKET"]
