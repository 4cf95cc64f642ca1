"""Node for functions that ask for it: which one there is on this machine, and how it is started.

`bootstrap.mjs` is the runtime loop. The AWS SDK, which Lambda's image has, is no part of it.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BOOTSTRAP = Path(__file__).with_name("bootstrap.mjs")
OLDEST = 18
OFF_ON_LAMBDA = ("--no-experimental-require-module", "--no-experimental-detect-module")
"""Newer versions load ES modules where Lambda's don't."""


@dataclass(frozen=True)
class Node:
    program: Path
    version: tuple[int, ...]
    options: tuple[str, ...] = ()

    @property
    def runtime(self) -> str:
        """The runtime that it is: `nodejs20.x`."""
        return f"nodejs{self.version[0]}.x"

    @property
    def command(self) -> tuple[str, ...]:
        return (str(self.program), *self.options, str(BOOTSTRAP))


def find(runtime: str, environ: Mapping[str, str] | None = None) -> Node | None:
    """The Node of the major version that a runtime names, else the newest that there is."""
    wanted = re.match(r"nodejs(\d+)", runtime)
    there = sorted(installed(os.environ if environ is None else environ), key=lambda n: n.version)
    exact = [node for node in there if wanted and node.version[0] == int(wanted[1])]
    usable = [node for node in there if node.version[0] >= OLDEST]
    best = exact or usable
    return best[-1] if best else None


def installed(environ: Mapping[str, str]) -> list[Node]:
    """Those on the PATH, and those that nvm keeps."""
    folders = [Path(each) for each in environ.get("PATH", "").split(os.pathsep) if each]
    nvm = environ.get("NVM_DIR") or Path(environ.get("HOME", "/nonexistent")) / ".nvm"
    programs = [folder / "node" for folder in folders]
    programs += Path(nvm).glob("versions/node/*/bin/node")
    return _described(program for program in programs if os.access(program, os.X_OK))


def _described(programs: Iterable[Path]) -> list[Node]:
    found = {program.resolve(): described(program.resolve()) for program in programs}
    return [node for node in found.values() if node is not None]


@cache
def described(program: Path) -> Node | None:
    """What a program says of itself; None if it isn't Node."""
    asked = "console.log(process.versions.node, ...process.allowedNodeEnvironmentFlags)"
    try:
        done = subprocess.run(
            (program, "-e", asked), capture_output=True, text=True, timeout=10, check=True
        )
        version, *flags = done.stdout.split()
        numbers = tuple(int(part) for part in version.split("."))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    known = {flag.removeprefix("--").removeprefix("no-") for flag in flags}
    options = [o for o in OFF_ON_LAMBDA if o.removeprefix("--no-") in known]
    return Node(program, numbers, tuple(options))
