"""A shell that stays open, as a person has one: variables and the folder are kept between commands.

What is typed is run as it stands, and its output is what the person sees, errors too.
"""

import os
import pty
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

END_TIMEOUT = 20.0
CTRL_C = b"\x03"


@dataclass(frozen=True)
class Shown:
    """What a command has shown, and its exit code."""

    text: str
    code: int


class Terminal:
    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self._others: list[OtherTerminal] = []
        self._bash = subprocess.Popen(
            ("bash", "--norc", "--noprofile"),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, command: str, answers: Sequence[str] = ()) -> Shown:
        """Run `command`, which may have several lines, to its end; it reads `answers`."""
        assert self._bash.stdout is not None
        name = uuid.uuid4().hex
        typed, answered = self.folder / f".typed-{name}", self.folder / f".answered-{name}"
        typed.write_text(command + "\n")
        answered.write_text("".join(f"{line}\n" for line in answers))
        self._send(f". {typed} <{answered}; printf '\\n<finished {name} %d>\\n' $?\n")
        shown: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(f"<finished {name} "):
                return Shown("".join(shown), int(line.split()[2].rstrip(">")))
            shown.append(line)
        raise AssertionError(f"the shell has ended in {command!r}: {''.join(shown)}")

    def leave_running(self, command: str) -> None:
        """Type a command in another terminal, with the same variables and folder; after Ctrl-C
        there, if something runs."""
        self.press_ctrl_c()
        variables = self.folder / f".variables-{uuid.uuid4().hex}"
        self.type(f"export -p > {variables}; echo \"cd '$PWD'\" >> {variables}")
        self._others.append(OtherTerminal(f". {variables}\n{command}", self.folder))

    def elsewhere(self) -> str:
        """What the other terminals show."""
        return "\n".join(other.shown() for other in self._others)

    def press_ctrl_c(self) -> None:
        """In all other terminals, which close then."""
        while self._others:
            self._others.pop().close()

    def _send(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(text)
        self._bash.stdin.flush()

    def close(self) -> None:
        self.press_ctrl_c()
        self._bash.communicate(timeout=END_TIMEOUT)


class OtherTerminal:
    """A second one, in which one command runs until Ctrl-C."""

    def __init__(self, command: str, folder: Path) -> None:
        self._keyboard, terminal = pty.openpty()
        self._output = folder / f".shown-{uuid.uuid4().hex}"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                ("setsid", "--ctty", "bash", "-c", command),
                cwd=folder,
                stdin=terminal,
                stdout=output,
                stderr=output,
            )
        os.close(terminal)

    def shown(self) -> str:
        return self._output.read_text(errors="replace")

    def close(self) -> None:
        """Press Ctrl-C, and wait until the command has ended."""
        os.write(self._keyboard, CTRL_C)
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_TIMEOUT)
            raise AssertionError(f"Ctrl-C did not end it: {self.shown()}") from None
        finally:
            os.close(self._keyboard)
