"""The function's image by itself: it answers, and holds what it needs and nothing else."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.bootstrap.model_files import PreparedModel, prepare
from devenv.pipelines import PIPELINES
from devenv.settings import Settings
from devenv.testing import FUNCTION_IMAGE, containers
from devenv.testing.ports import free_port
from devenv.wait import wait_for

ROOT = Path(__file__).parents[2]


def docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def prepared() -> PreparedModel:
    return prepare(PIPELINES["ride"], None)


def test_it_answers_the_tutorials_event(
    devenv_system: Settings, devenv_aws: Aws, devenv_network: Any, prepared: PreparedModel
) -> None:
    """As the tutorials' test_docker.py asks: by the runtime interface emulator."""
    found = devenv_aws.functions.get_function_configuration(
        FunctionName=devenv_system.function_name
    )
    variables = found["Environment"]["Variables"] | {"TEST_RUN": "True"}
    port = free_port()
    with containers.function(devenv_network, FUNCTION_IMAGE, port, **variables):
        script = (sys.executable, str(ROOT / "scripts" / "try_image.py"))
        event = str(ROOT / "tests" / "events" / "kinesis-ride-123-003.json")

        def answer() -> str | None:
            command = (*script, event, f"http://127.0.0.1:{port}")
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return done.stdout or None

        said = wait_for(answer, timeout=60, interval=0.5, failure="the image does not answer")
    row = {"PU_DO": "130_205", "trip_distance": 3.66}
    (minutes,) = prepared.trained.estimator.predict([row])
    prediction = {"ride_duration": float(minutes), "ride_id": 123}
    want = {"model": "ride-duration", "version": "1", "prediction": prediction}
    assert json.loads(said) == {"predictions": [want]}


def test_it_starts_with_lambdas_share_of_a_core(
    devenv_images: None, prepared: PreparedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `docker run` to the first prediction at 512 MB's share; the figure is printed."""
    for name, content in prepared.files.items():
        (tmp_path / name).write_bytes(content)
    tmp_path.chmod(0o755)
    port = free_port()
    options = ("--cpus", "0.29", "--memory", "512m", "-p", f"127.0.0.1:{port}:8080")
    variables = ("-e", "MODEL_URI=/model", "-e", "TEST_RUN=True")
    mount = ("-v", f"{tmp_path}:/model:ro", "-e", "AWS_LAMBDA_FUNCTION_TIMEOUT=60")
    event = (ROOT / "tests" / "events" / "kinesis-ride-123-003.json").read_bytes()
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"

    def answer() -> bytes | None:
        try:
            with urllib.request.urlopen(url, data=event, timeout=60) as reply:
                return bytes(reply.read())
        except OSError:
            return None

    began = time.monotonic()
    container = docker("run", "-d", "--init", *options, *variables, *mount, FUNCTION_IMAGE).strip()
    try:
        said = wait_for(answer, timeout=60, failure="the image does not answer")
        took = time.monotonic() - began
    finally:
        docker("rm", "-f", container)
    assert [p["prediction"]["ride_id"] for p in json.loads(said)["predictions"]] == [123]
    with capsys.disabled():
        print(  # noqa: T201
            f"\ncold start of the image with 0.29 of a core: {took:.1f} s (AWS allows 10)"
        )


def test_it_holds_the_locks_versions(devenv_images: None) -> None:
    """What is installed is Pipfile.lock's, all of it and nothing else."""
    lock = json.loads((ROOT / "Pipfile.lock").read_text())["default"]
    script = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({d.name.lower().replace('_', '-').replace('.', '-'): d.version"
        " for d in m.distributions(path=['/var/task'])}))"
    )
    run = ("run", "--rm", "--entrypoint", "python3", FUNCTION_IMAGE, "-c", script)
    installed = json.loads(docker(*run))
    here = {n: e["version"].removeprefix("==") for n, e in lock.items() if n in installed}
    assert installed == here
    assert set(lock) - set(installed) <= {"colorama", "pywin32", "tzdata", "waitress"}  # Windows.


def test_it_holds_no_compilers_tests_or_caches(devenv_images: None) -> None:
    script = (
        "find /var/task \\( -name tests -o -name '*.pyi' -o -name '*.c' \\) -not -path '*/skops/*';"
        "ls -A /root /tmp; for c in gcc cc make pipenv; do command -v $c || true; done"
    )
    run = ("run", "--rm", "--entrypoint", "sh", FUNCTION_IMAGE, "-c", script)
    found = [line for line in docker(*run).splitlines() if not line.startswith(".")]
    assert found in ([], ["/root:", "", "/tmp:"], ["/root:", "/tmp:"])


def test_it_is_one_platforms_manifest(devenv_images: None) -> None:
    (image,) = json.loads(docker("image", "inspect", FUNCTION_IMAGE))
    assert image["Os"] == "linux"
    assert image["Architecture"] == json.loads(docker("version", "-f", "{{json .Server.Arch}}"))
    assert image["Config"]["Cmd"] == ["lambda_function.lambda_handler"]
