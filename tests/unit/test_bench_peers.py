"""Other emulators of the bench: what has nothing to do with which they are."""

import subprocess
from collections.abc import Iterator

import psutil
import pytest

from devenv.bench import peers
from devenv.wait import wait_for


@pytest.fixture
def family() -> Iterator[list[psutil.Process]]:
    """A process and its child."""
    with subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"]) as parent:
        root = psutil.Process(parent.pid)
        wait_for(root.children, timeout=10, failure="no child was started", interval=0.01)
        found = [root, *root.children()]
        try:
            yield found
        finally:
            for process in found:
                process.kill()


def await_stopped(processes: list[psutil.Process], expected: list[bool]) -> None:
    """A signal takes effect when its process is next on a processor."""

    def probe() -> bool:
        found = [process.status() == psutil.STATUS_STOPPED for process in processes]
        return found == expected

    wait_for(probe, timeout=10, failure=f"not {expected}", interval=0.01)


def test_a_peer_is_paused_with_its_descendants(family: list[psutil.Process]) -> None:
    with peers.paused([family[0].pid]):
        await_stopped(family, [True, True])
    await_stopped(family, [False, False])


def test_a_peer_goes_on_after_an_error(family: list[psutil.Process]) -> None:
    with pytest.raises(KeyboardInterrupt), peers.paused([family[0].pid]):
        raise KeyboardInterrupt
    await_stopped(family, [False, False])


def test_a_peer_that_is_gone_keeps_no_other_from_being_paused(family: list[psutil.Process]) -> None:
    with subprocess.Popen(["/bin/true"]) as gone:
        pass
    with peers.paused([gone.pid, family[0].pid]):
        await_stopped(family, [True, True])
    await_stopped(family, [False, False])
