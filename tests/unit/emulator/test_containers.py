"""What the container executor decides by itself, without an engine; and where its listening is."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from environment_scripts import Make, fails_in_init, request, works

from devenv.emulator.__main__ import executor, localstack_variables
from devenv.emulator.functions.container_engine import has_registry
from devenv.emulator.functions.container_sandbox import ContainerSandboxes, exit_reason
from devenv.errors import BadInput
from devenv.settings import read_settings


@dataclass(frozen=True)
class EngineOf:
    cpus: int


@pytest.mark.parametrize(
    ("uri", "there"),
    [
        ("stream-model-duration", False),
        ("stream-model-duration:v1", False),
        ("team/stream-model-duration:v1", False),
        ("localhost/duration", True),
        ("registry:5000/duration:v1", True),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com/duration:v1", True),
        ("sha256:0123", False),
    ],
)
def test_only_a_registrys_image_may_be_pulled(uri: str, there: bool) -> None:
    assert has_registry(uri) is there


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "exit status 0"),
        (3, "exit status 3"),
        (137, "signal: killed"),
        (139, "signal: segmentation fault"),
    ],
)
def test_an_end_is_worded_as_lambda_does(status: int, words: str) -> None:
    assert exit_reason(status) == words


@pytest.mark.parametrize(("memory", "quota"), [(1769, 20_000), (512, 5788), (128, 1447)])
def test_cpu_is_in_proportion_to_memory(memory: int, quota: int) -> None:
    """Microseconds in each 20 ms; Docker refuses less than 1,000, and more than there is."""
    engine: Any = EngineOf(cpus=2)
    sandboxes = ContainerSandboxes(engine, "f", "image", {}, memory)
    assert sandboxes.cpu_quota == quota
    assert replace(sandboxes, memory_mb=10_240).cpu_quota == 40_000


def test_the_boost_ends_with_init_once(make: Make) -> None:
    """Also where init is done again inside the first invocation."""
    environment, sandboxes = make(works)
    environment.invoke(request(0))
    environment.invoke(request())
    assert [sandbox.boosts_ended for sandbox in sandboxes.started] == [1]
    environment, sandboxes = make(fails_in_init, works)
    environment.invoke(request())
    assert [sandbox.boosts_ended for sandbox in sandboxes.started] == [0, 1]


@pytest.mark.parametrize(
    ("url", "listen"),
    [("http://127.0.0.1:4600", "127.0.0.1:4600"), ("http://localstack:4566", "0.0.0.0:4566")],
)
def test_only_a_container_listens_beyond_loopback(url: str, listen: str, tmp_path: Path) -> None:
    settings = read_settings({"AWS_ENDPOINT_URL": url}, tmp_path)
    assert localstack_variables(settings, tmp_path)["GATEWAY_LISTEN"] == listen


def test_functions_are_processes_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEVENV_FUNCTIONS", raising=False)
    assert executor() == "devenv-process"
    monkeypatch.setenv("DEVENV_FUNCTIONS", "containers")
    assert executor() == "devenv-container"
    monkeypatch.setenv("DEVENV_FUNCTIONS", "pods")
    with pytest.raises(BadInput, match="pods is neither of processes, containers"):
        executor()
