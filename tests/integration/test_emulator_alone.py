"""`python -m devenv.emulator` by itself, in a checkout that was set up, runs functions too."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.aws import Aws
from devenv.settings import read_settings
from devenv.stack.services import fetch
from devenv.testing.ports import free_port
from devenv.wait import wait_for

from .conftest import ROOT
from .zip_functions import ROLE, Functions, make_role


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    ours = ("AWS_", "MLFLOW_", "DEVENV_")
    variables = {n: v for n, v in os.environ.items() if not n.startswith(ours)} | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "DEVENV_HOME": str(tmp_path / "home"),
    }
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, variables[name])
    settings = read_settings(variables, ROOT)
    log = tmp_path / "emulator.log"
    with log.open("wb") as file:
        emulator = subprocess.Popen(
            (sys.executable, "-m", "devenv.emulator"),
            cwd=ROOT,
            env=variables,
            stdout=file,
            stderr=file,
        )
    try:

        def answers() -> bool:
            assert emulator.poll() is None, log.read_text()
            return fetch(f"{settings.endpoint_url}/_localstack/health") is not None

        wait_for(answers, timeout=60, failure="the emulator does not answer")
        yield Aws(settings, settings.endpoint_url)
    finally:
        emulator.terminate()
        emulator.wait(20)


def test_a_zip_function_runs(alone: Aws) -> None:
    """On what scripts/setup has installed."""
    make_role(alone.iam, ROLE.rpartition("/")[2])
    functions = Functions(alone, "alone")
    name = functions.create("def handler(event, context):\n    return event * 2\n")
    assert functions.invoke(name, 21).payload == 42
