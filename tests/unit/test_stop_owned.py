"""Which services a command stops at its end: what it started, unless another has taken over."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.environment import stop_owned
from devenv.settings import read_settings
from devenv.stack.embedded import Embedded
from devenv.stack.process import Running

WAITS = (sys.executable, "-Sc", "import signal; signal.pause()")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def embedded(tmp_path: Path, said: list[str]) -> Iterator[Embedded]:
    """An instance whose processes only wait."""
    embedded = Embedded(
        read_settings({"DEVENV_HOME": str(tmp_path / "home")}, tmp_path), said.append
    )
    yield embedded
    embedded.stop()


def start(embedded: Embedded, *names: str) -> tuple[Running, ...]:
    return tuple(embedded.registry.spawn(name, "http://127.0.0.1:1", WAITS, {}) for name in names)


def test_what_was_started_is_stopped(embedded: Embedded) -> None:
    """All of it, one service that has ended by itself or not."""
    owned = start(embedded, "emulator", "mlflow")
    embedded.registry.stop(["emulator"], grace=0)
    stop_owned(embedded, owned)
    assert embedded.running() == []


def test_what_another_command_has_started_since_is_left_running(
    embedded: Embedded, said: list[str]
) -> None:
    """With what that command relies on: the service that it found running."""
    owned = start(embedded, "emulator", "mlflow")
    embedded.registry.stop(["emulator"], grace=0)
    (started,) = start(embedded, "emulator")
    stop_owned(embedded, owned)
    assert embedded.running_services() == (started, owned[1])
    assert said == ["Another command has started emulator since: left running."]


def test_what_ran_before_is_spared(embedded: Embedded) -> None:
    """`up` that fails stops what it has started itself."""
    (before,) = start(embedded, "mlflow")
    start(embedded, "emulator")
    assert embedded.stop(spared=(before,)) == ["emulator"]
    assert embedded.running_services() == (before,)


def test_a_purged_home_is_not_made_again(embedded: Embedded, tmp_path: Path) -> None:
    """Somebody has ended and deleted it all."""
    stop_owned(embedded, ())
    assert not (tmp_path / "home").exists()
