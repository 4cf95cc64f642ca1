"""`devenv up` after kill -9 of everything: the same model, nothing trained, rides predicted.

By the command line: MLflow's client remembers, for all of its process, the S3 that it met first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devenv.settings import read_settings
from devenv.stack.embedded import NAMES, Embedded

from .conftest import ROOT, instance_variables

Devenv = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    ours = ("AWS_", "MLFLOW_", "DEVENV_")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(ours) or n == "AWS_CA_BUNDLE"}
    return kept | instance_variables(tmp_path / "home")


@pytest.fixture
def devenv(variables: dict[str, str]) -> Iterator[Devenv]:
    """Runs `devenv ARGUMENTS` in the environment of this test."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = (sys.executable, "-m", "devenv", *arguments)
        return subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=180
        )

    yield run
    run("down")


def kill_everything(variables: dict[str, str]) -> None:
    registry = Embedded(read_settings(variables, ROOT), lambda _: None).registry
    running = [found for name in NAMES if (found := registry.find(name))]
    assert len(running) == len(NAMES)
    processes = [psutil.Process(each.pid) for each in running]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)


def test_a_second_up_trains_nothing_and_predicts(devenv: Devenv, variables: dict[str, str]) -> None:
    first = devenv("up", "-d")
    assert first.returncode == 0, first.stderr
    assert "version 1 made" in first.stderr
    kill_everything(variables)
    second = devenv("up", "-d")
    assert second.returncode == 0, second.stderr
    assert "version 1 there" in second.stderr
    assert "training" not in second.stderr
    demo = devenv("demo", "-n", "2", "--json")
    assert demo.returncode == 0, demo.stderr
    assert [json.loads(line)["version"] for line in demo.stdout.splitlines()] == ["1", "1"]
