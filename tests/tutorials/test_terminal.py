"""The terminal itself: what a person's has, too."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from devenv.wait import wait_for

from .terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with closing(Terminal(tmp_path, os.environ)) as opened:
        yield opened


def test_variables_and_the_folder_are_kept(terminal: Terminal) -> None:
    """From command to command, and to another terminal if they're exported."""
    terminal.type("mkdir folder; cd folder; export NAME=value")
    shown = terminal.type('echo "$NAME in $(basename $PWD)" >&2')
    assert (shown.text.strip(), shown.code) == ("value in folder", 0)
    terminal.leave_running("echo $NAME > told; exec sleep 600")
    told = terminal.folder / "folder" / "told"
    wait_for(lambda: told.exists() and told.read_text(), timeout=30, failure="it didn't run")
    began = time.monotonic()
    terminal.press_ctrl_c()
    assert time.monotonic() - began < 60


def test_each_of_several_commands_has_to_succeed(terminal: Terminal) -> None:
    """The last one's exit code would hide it."""
    assert terminal.type("false\ntrue").code == 1
    assert terminal.type("true\n(exit 3)").code == 3
    assert terminal.type("true || false").code == 0


def test_questions_are_answered_line_by_line(terminal: Terminal) -> None:
    """By what is typed at the prompt; nothing else is there to be read."""
    shown = terminal.type("read -r name; echo hello $name; read -r more || echo no more", ["you"])
    assert shown.text.split("\n")[:2] == ["hello you", "no more"]
