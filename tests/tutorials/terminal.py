"""A shell that stays open, as a person has one: variables and the folder are kept between commands.

What is typed is run as it stands. Commands read nothing from the terminal, and its output is what
the person sees, errors too.
"""

import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROMPT = "<finished %s %d>"


@dataclass(frozen=True)
class Shown:
    """What a command has shown, and its exit code."""

    text: str
    code: int


class Terminal:
    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self._bash = subprocess.Popen(
            ("bash", "--norc", "--noprofile"),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, command: str) -> Shown:
        """Run `command`, which may have several lines, to its end."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        name = uuid.uuid4().hex
        typed = self.folder / f".typed-{name}"
        typed.write_text(command + "\n")
        self._bash.stdin.write(f". {typed} </dev/null; printf '\\n<finished {name} %d>\\n' $?\n")
        self._bash.stdin.flush()
        shown: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(f"<finished {name} "):
                typed.unlink()
                return Shown("".join(shown), int(line.split()[2].rstrip(">")))
            shown.append(line)
        raise AssertionError(f"the shell has ended in {command!r}: {''.join(shown)}")

    def close(self) -> None:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.close()
        self._bash.wait(30)
        self._bash.stdout.close()
