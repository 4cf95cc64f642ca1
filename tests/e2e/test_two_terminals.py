"""Two commands on one environment: what one of them started is not the other's to stop."""

import json
import os
import signal
from typing import Any

import pytest

from devenv.wait import wait_for

from .conftest import COMMAND_TIMEOUT, Shell

FAILED = 1


def emulator(shell: Shell) -> dict[str, Any]:
    """What is remembered of the emulator that was started last."""
    found: dict[str, Any] = json.loads((shell.home / "run" / "emulator.json").read_text())
    return found


def is_running(shell: Shell, found: dict[str, Any]) -> bool:
    return any("devenv.emulator" in line for line in shell.processes()) and found == emulator(shell)


@pytest.mark.parametrize("first", ["the one that watches", "the one that starts"])
def test_up_leaves_alone_what_another_up_has_started(shell: Shell, first: str) -> None:
    """A's emulator dies, and B starts another one; whichever of them holds the lock first."""
    watching = shell.start("up")
    watching.await_words("Logs follow; Ctrl-C to stop.")
    died = emulator(shell)
    if first == "the one that starts":
        watching.process.send_signal(signal.SIGSTOP)
    os.kill(died["pid"], signal.SIGKILL)
    starting = shell.start("up", "-d", words="b.words")
    if first == "the one that starts":
        starting.await_words("Starting emulator")
        watching.process.send_signal(signal.SIGCONT)
    assert starting.process.wait(COMMAND_TIMEOUT) == 0, starting.said()
    assert watching.process.wait(COMMAND_TIMEOUT) == FAILED, watching.said()
    assert "emulator has ended by itself" in watching.said()
    started = emulator(shell)
    assert started["pid"] != died["pid"]
    assert is_running(shell, started)
    status = shell.devenv("status")
    assert status.code == 0, status.out + status.err


def test_ctrl_c_leaves_alone_what_was_started_after_a_down(shell: Shell) -> None:
    """A is too busy to see that B stopped everything and started it anew."""
    watching = shell.start("up")
    watching.await_words("Logs follow; Ctrl-C to stop.")
    watching.process.send_signal(signal.SIGSTOP)
    assert shell.devenv("down").code == 0
    assert shell.devenv("up", "-d").code == 0
    started = emulator(shell)
    watching.process.send_signal(signal.SIGINT)
    watching.process.send_signal(signal.SIGCONT)
    assert watching.process.wait(COMMAND_TIMEOUT) in (0, 130), watching.said()
    wait_for(lambda: is_running(shell, started), timeout=5, failure="B's emulator is gone")
    assert shell.devenv("status").code == 0
