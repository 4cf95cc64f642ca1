"""What the container executor decides by itself, without an engine; and where its listening is."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from environment_scripts import Make, fails_in_init, request, works

from devenv.emulator.__main__ import executor, localstack_variables
from devenv.emulator.functions.container_engine import has_registry
from devenv.emulator.functions.container_memory import (
    OutOfMemoryEvents,
    peak_bytes,
    used_bytes,
)
from devenv.emulator.functions.container_sandbox import (
    ContainerSandbox,
    ContainerSandboxes,
    exit_reason,
)
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


V2 = {"usage": 90 * 2**20, "stats": {"inactive_file": 10 * 2**20}}
V1 = {
    "usage": 90 * 2**20,
    "max_usage": 300 * 2**20,
    "stats": {"total_inactive_file": 20 * 2**20, "cache": 30 * 2**20},
}


@pytest.mark.parametrize(("memory", "mb"), [(V2, 80), (V1, 280), ({}, None)])
def test_memory_is_the_cgroups_peak_where_it_is_told(
    memory: dict[str, Any], mb: int | None
) -> None:
    """Else what is used now; without what the system could have back."""
    used = used_bytes(memory)
    assert used == (None if mb is None else mb * 2**20)


@pytest.mark.parametrize("folder", ["docker/c0ffee", "system.slice/docker-c0ffee.scope"])
def test_the_peak_is_read_where_cgroup_v2_keeps_it(folder: str, tmp_path: Path) -> None:
    """By either of Docker's cgroup drivers; without the files' pages that can be dropped."""
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "memory.peak").write_text(f"{90 * 2**20}\n")
    stat = f"anon 1\ninactive_anon 7\ninactive_file {10 * 2**20}\nactive_file 5\n"
    (tmp_path / folder / "memory.stat").write_text(stat)
    assert peak_bytes("c0ffee", tmp_path) == 80 * 2**20
    assert peak_bytes("decaf", tmp_path) is None


def test_who_was_killed_for_memory_is_known_by_the_engines_events() -> None:
    """Told before or after it is asked; nobody else."""
    told = OutOfMemoryEvents()
    told.listen([{"Actor": {"ID": "c0ffee"}}])
    assert told.was_killed("c0ffee")
    assert not told.was_killed("decaf", delay=0)
    told.forget("c0ffee")
    assert not told.was_killed("c0ffee", delay=0)


@dataclass
class FakeContainer:
    """A container of which the engine has samples."""

    address: str = "172.20.0.5"
    used_mb: int = 64
    id: str = "c0ffee"
    asked: int = 0

    @property
    def attrs(self) -> dict[str, Any]:
        return {"NetworkSettings": {"Networks": {"net": {"IPAddress": self.address}}}}

    def reload(self) -> None:
        pass

    def stats(self, **options: bool) -> dict[str, Any]:
        assert options == {"stream": False, "one_shot": True}
        self.asked += 1
        return {"memory_stats": {"usage": self.used_mb * 2**20, "stats": {}}}


def sandbox_of(container: FakeContainer) -> ContainerSandbox:
    """As if it had been started."""
    sandbox = object.__new__(ContainerSandbox)
    engine: Any = SimpleNamespace(network="net")
    sandbox.spec = ContainerSandboxes(engine, "f", "image", {}, 512)
    sandbox._container = container  # type: ignore[assignment]
    sandbox._ended, sandbox._peak_mb, sandbox._asked = False, 0, 0.0
    return sandbox


def test_only_the_containers_own_address_may_speak_to_its_runtime_api() -> None:
    """Any function finds another's by a scan of ports."""
    sandbox = sandbox_of(FakeContainer())
    assert sandbox.owns(("172.20.0.5", 40_000))
    assert not sandbox.owns(("172.20.0.6", 40_000))
    assert not sandbox_of(FakeContainer(address="")).owns(("172.20.0.6", 40_000))


def test_a_short_run_has_its_memory_measured_once_a_second() -> None:
    """The engine's first sample comes after a second: 0 MB until then."""
    container = FakeContainer()
    sandbox = sandbox_of(container)
    assert [sandbox.max_memory() for _ in range(10)] == [64] * 10
    assert container.asked == 1
    container.used_mb = 96
    sandbox._asked -= 1
    assert (sandbox.max_memory(), container.asked) == (96, 2)
