"""`docker compose up` as a person runs it: rides predicted, restarts survived, nothing left."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from devenv.pages import fetch
from devenv.testing.ports import free_port
from devenv.wait import wait_for

PROJECT = "devenv-test"
ROOT = Path(__file__).parents[2]
BASE = "public.ecr.aws/lambda/python:3.13"
"""A small image with Lambda's runtime, and no function."""


@dataclass(frozen=True)
class Compose:
    variables: dict[str, str]
    root: Path = ROOT
    """The checkout that commands run in."""

    def __call__(self, *arguments: str) -> str:
        """`docker compose ARGUMENTS`; what it printed."""
        return self.run("docker", "compose", *arguments)

    def devenv(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "devenv", *arguments)

    def run(self, *command: str) -> str:
        done = self.attempt(*command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def attempt(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """The same of a command that may fail."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        # Other tests' environment names its function's image, which compose would not build then.
        others = {n: v for n, v in os.environ.items() if n != "FUNCTION_IMAGE_URI"}
        return subprocess.run(
            command,
            cwd=self.root,
            env={**others, **self.variables, "PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def wrong(self) -> dict[str, str]:
        """The cure of each check of the doctor that something is wrong for."""
        done = self.attempt(sys.executable, "-m", "devenv", "doctor", "--json")
        told = map(json.loads, done.stdout.splitlines())
        return {line["name"]: line["cure"] for line in told if line["ok"] is False}

    def follow(self, cure: str) -> None:
        """Run the first command that stands in a cure."""
        self.run("bash", "-c", re.findall("`([^`]+)`", cure)[0])

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
    emulator, mlflow, function, registry = (free_port() for _ in range(4))
    made = Compose(
        {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "DEVENV_EMULATOR_PORT": str(emulator),
            "DEVENV_MLFLOW_PORT": str(mlflow),
            "DEVENV_FUNCTION_PORT": str(function),
            "DEVENV_REGISTRY_PORT": str(registry),
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


def test_events_at_once_are_answered_one_after_the_other(compose: Compose) -> None:
    """AWS's runtime interface emulator, which is in the image, would end at the second."""
    event = ROOT / "tests" / "events" / "kinesis-ride-123-003.json"
    url = f"http://127.0.0.1:{compose.variables['DEVENV_FUNCTION_PORT']}"
    script = (sys.executable, str(ROOT / "scripts" / "try_image.py"), str(event), url)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: compose.run(*script), range(6)))
    assert all('"ride_id": 123' in answer for answer in answers)


def test_images_are_pushed_listed_run_and_deleted(compose: Compose, tmp_path: Path) -> None:
    """docs/ecr.md's steps."""
    name = "rides-of-this-test"
    made = aws(compose, "ecr", "create-repository", "--repository-name", name)
    uri = made["repository"]["repositoryUri"]
    assert uri == f"localhost:{compose.variables['DEVENV_REGISTRY_PORT']}/{name}"
    compose.variables["DOCKER_CONFIG"] = str(tmp_path)
    password = compose.run("aws", "ecr", "get-login-password")
    host = uri.partition("/")[0]
    compose.run("docker", "login", "-u", "AWS", "-p", password.strip(), host)
    compose.run("docker", "tag", BASE, f"{uri}:v1")
    compose.run("docker", "push", "--quiet", f"{uri}:v1")
    here = ("--repository-name", name)
    try:
        (image,) = aws(compose, "ecr", "describe-images", *here)["imageDetails"]
        assert image["imageTags"] == ["v1"]
        assert image["imageSizeInBytes"] > 10_000_000
        compose.run("docker", "rmi", f"{uri}:v1")
        check_function(compose, f"{uri}:v1", tmp_path)
        found = aws(compose, "ecr", "batch-get-image", *here, "--image-ids", "imageTag=v1")
        manifest = found["images"][0]["imageManifest"]
        aws(compose, "ecr", "put-image", *here, "--image-tag", "v2", "--image-manifest", manifest)
        aws(compose, "ecr", "batch-delete-image", *here, "--image-ids", "imageTag=v1")
        tagged = aws(compose, "ecr", "list-images", *here)["imageIds"]
        assert tagged == [{"imageDigest": image["imageDigest"], "imageTag": "v2"}]
        compose.run("docker", "pull", "--quiet", f"{uri}:v2")
        compose.run("docker", "rmi", f"{uri}:v2")
    finally:
        aws(compose, "ecr", "delete-repository", *here, "--force")
    again = aws(compose, "ecr", "create-repository", *here)
    assert again["repository"]["repositoryUri"] == uri
    assert aws(compose, "ecr", "list-images", *here)["imageIds"] == []
    aws(compose, "ecr", "delete-repository", *here)


def check_function(compose: Compose, uri: str, tmp_path: Path) -> None:
    """One made from a pushed image that the engine no longer has runs it."""
    function, out = ("--function-name", "from-ecr"), tmp_path / "out.json"
    made = (
        "--package-type",
        "Image",
        "--code",
        f"ImageUri={uri}",
        "--image-config",
        "Command=none.handler",
    )
    role = ("--role", "arn:aws:iam::000000000000:role/lambda-kinesis-role")
    aws(compose, "lambda", "create-function", *function, *made, *role, "--timeout", "60")
    try:
        compose.run("aws", "lambda", "wait", "function-active-v2", *function)
        aws(compose, "lambda", "invoke", *function, "--payload", "{}", str(out))
        assert "Unable to import module 'none'" in out.read_text()
    finally:
        compose.run("aws", "lambda", "delete-function", *function)


def aws(compose: Compose, *arguments: str) -> Any:
    """What `aws` answers, by the CLI of the tests' own environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    compose.variables.setdefault("PATH", path)
    return json.loads(compose.run("aws", *arguments) or "null")


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


FUNCTION = "The function is active, and made from the code that is here"


def test_the_doctor_is_content_and_names_what_works_here(compose: Compose) -> None:
    """Not `devenv up` and its like, which would find the ports taken."""
    compose.predict()
    assert compose.wrong().keys() <= {"The function has the time and memory that it needs"}
    status = " ".join(compose.devenv("status").split())
    assert status.count("in a container") == 2
    up = compose.attempt(sys.executable, "-m", "devenv", "up", "-d")
    assert up.returncode == 1
    assert "runs in a container, at " in up.stderr
    assert "`docker compose up -d --wait` completes what is missing" in up.stderr
    told = compose.attempt(sys.executable, "-m", "devenv", "logs", "emulator")
    assert "emulator runs in a container: `docker compose logs localstack` shows" in told.stderr


def test_the_cure_for_an_emulator_that_docker_killed_and_started(compose: Compose) -> None:
    """It comes back without its function, since only compose runs the bootstrap again."""
    (emulator,) = compose("ps", "-q", "localstack").split()
    compose.run("docker", "kill", emulator)
    found = compose.wrong()
    assert list(found) == ["The endpoint answers"]
    assert "Start it with `docker compose up -d --wait`." in found["The endpoint answers"]
    done = compose.attempt(sys.executable, "-m", "devenv", "tail", "--limit", "1")
    assert "Start it with `docker compose up -d --wait`." in done.stderr

    compose.run("docker", "start", emulator)
    url = compose.variables["AWS_ENDPOINT_URL"]
    wait_for(
        lambda: fetch(f"{url}/_devenv/plugins"), timeout=60, failure="the emulator did not start"
    )
    found = compose.wrong()
    assert found[FUNCTION] == "`docker compose up -d --wait` makes it."
    compose.follow(found[FUNCTION])
    assert FUNCTION not in compose.wrong()
    assert compose.predict() == "1"


def test_the_logs_are_not_filled_by_health_checks(compose: Compose) -> None:
    """Two seconds apart, for days; nor by warnings of each invocation, or of Python's clean-up."""
    assert compose.predict()
    for service in ("localstack", "mlflow", "lambda"):
        said = compose("logs", "--no-color", service)
        for words in ("/_devenv/", "GET /health", "Exception ignored", "closed file", "seekable"):
            assert words not in said, (service, words)
    assert "REPORT RequestId" in compose("logs", "--no-color", "localstack")


def checkout(folder: Path) -> Path:
    """A copy of what the images are made from, whose function's image has a name of its own."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(
        listing, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in (n for n in listed if not n.startswith(("tests/", "docs/", "scripts/"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in ("compose.yaml", "compose.function.yaml"):
        text = (folder / name).read_text()
        named = text.replace("stream-model-duration:latest", f"{PROJECT}-function:latest")
        (folder / name).write_text(named)
    return folder


def test_a_change_of_the_function_is_told_until_it_is_built(
    compose: Compose, tmp_path: Path
) -> None:
    """By what its image holds, whatever that is called: `up` alone leaves it as it was."""
    here = replace(compose, root=checkout(tmp_path / "checkout"))
    try:
        here("up", "-d", "--wait", "--build")
        assert FUNCTION not in here.wrong()
        module = here.root / "lambda_function.py"
        module.write_text(module.read_text() + "\n# changed\n")
        here("up", "-d", "--wait")
        cure = here.wrong()[FUNCTION]
        assert cure == "An edit changes nothing until `docker compose up -d --wait --build`."
        here.follow(cure)
        assert FUNCTION not in here.wrong()
        assert here.predict() == "1"
    finally:
        compose("up", "-d", "--wait")
        compose.run("docker", "image", "rm", "--force", f"{PROJECT}-function:latest")


def test_the_pipeline_alone_chooses_the_system(compose: Compose) -> None:
    """Function, image by itself and web service, without any other name."""
    compose.variables.update(PIPELINE="bike", DEVENV_WEB_PORT=str(free_port()))
    try:
        compose("--profile", "web", "up", "-d", "--wait")
        hour = b'{"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}'
        url = f"http://127.0.0.1:{compose.variables['DEVENV_WEB_PORT']}/predict"
        request = urllib.request.Request(url, hour, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert json.load(reply)["cnt"] > 0
        event = (ROOT / "tests/events/bike/console-123-004.json").read_bytes()
        port = compose.variables["DEVENV_FUNCTION_PORT"]
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(urllib.request.Request(url, event), timeout=60) as reply:
            (prediction,) = json.load(reply)["predictions"]
        assert prediction["model"] == "bike-model"
        assert compose.wrong().keys() <= {"The function has the time and memory that it needs"}
    finally:
        compose("--profile", "web", "rm", "--force", "--stop", "web")
        del compose.variables["PIPELINE"]
        compose("up", "-d", "--wait")


def test_an_image_that_is_mistyped_is_not_built_under_that_name(compose: Compose) -> None:
    """`up` fails, and says which isn't there."""
    compose.variables["FUNCTION_IMAGE_URI"] = "stream-model-duratoin:v1"
    try:
        done = compose.attempt("docker", "compose", "up", "-d", "--wait")
        assert done.returncode != 0
        assert "stream-model-duratoin:v1" in done.stderr
        assert compose.run("docker", "images", "-q", "stream-model-duratoin") == ""
    finally:
        del compose.variables["FUNCTION_IMAGE_URI"]
        compose("up", "-d", "--wait")


def test_a_socket_that_is_not_there_is_told_and_not_made(compose: Compose, tmp_path: Path) -> None:
    """Docker would make a folder of that name, and the emulator would find no engine."""
    compose.variables["DOCKER_SOCKET"] = f"{tmp_path}/none"
    try:
        done = compose.attempt("docker", "compose", "up", "-d", "--wait", "localstack", "mlflow")
        assert done.returncode != 0
        assert f"bind source path does not exist: {tmp_path}/none" in done.stderr
        assert not (tmp_path / "none").exists()
    finally:
        del compose.variables["DOCKER_SOCKET"]


def test_an_emulator_without_docker_says_so(compose: Compose, tmp_path: Path) -> None:
    """A socket that isn't Docker's: the bootstrap ends with the reason, at once."""
    (tmp_path / "none").touch()
    compose.variables["DOCKER_SOCKET"] = f"{tmp_path}/none"
    try:
        compose("up", "-d", "--wait", "localstack", "mlflow")
        command = ("docker", "compose", "run", "--rm", "-T", "--no-deps", "bootstrap")
        done = compose.attempt(*command)
        assert done.returncode != 0
        assert "Docker can't be reached" in done.stdout + done.stderr
        assert "is its socket mounted?" in done.stdout + done.stderr
    finally:
        del compose.variables["DOCKER_SOCKET"]


@pytest.mark.cures("leftovers: emulator is gone: ride-1")
@pytest.mark.cures("image: is made for arm64, and the function runs on amd64")
def test_the_cures_that_docker_has(compose: Compose, tmp_path: Path) -> None:
    """A container whose emulator is gone; an image for another platform."""
    name, label = f"{PROJECT}-left", "devenv.emulator=devenv-gone-1"
    compose.run("docker", "create", "--name", name, "--label", label, "devenv", "true")
    cure = compose.wrong()["Nothing is left of an old run"]
    assert name in cure
    compose.follow(cure)
    assert "Nothing is left of an old run" not in compose.wrong()

    image = f"{PROJECT}-platform:v1"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    built = replace(compose, root=tmp_path)
    platform = ("--platform", "linux/arm64", "--provenance=false")
    built.run("docker", "buildx", "build", *platform, "-t", image, ".")
    compose.variables["FUNCTION_IMAGE_URI"] = image
    try:
        built.follow(compose.wrong()["Lambda takes the function's image"])
        assert "Lambda takes the function's image" not in compose.wrong()
    finally:
        del compose.variables["FUNCTION_IMAGE_URI"]
        compose.run("docker", "image", "rm", "--force", image)
