"""This machine, as far as checks look at it; tests give one of their own."""

import platform
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from devenv.disk import free_bytes
from devenv.stack.embedded import listener
from devenv.stack.process import Registry


@dataclass(frozen=True)
class Program:
    """A process."""

    name: str
    pid: int

    def __str__(self) -> str:
        return f"{self.name}, process {self.pid}"


class Machine:
    """The real one."""

    def python_version(self) -> str:
        return platform.python_version()

    def requires_python(self) -> str:
        """What this package declares, as `>=3.13,<3.14`."""
        return metadata.metadata("devenv")["Requires-Python"]

    def installed(self, packages: list[str]) -> dict[str, str]:
        """The version of each of `packages` that is installed."""
        found = {}
        for name in packages:
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return found

    def listener(self, port: int) -> Program | None:
        """Who listens there, as far as this account may see it."""
        process = listener(port)
        return Program(process.name(), process.pid) if process else None

    def accepts(self, host: str, port: int) -> bool:
        """Whether anything takes connections there."""
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            return False

    def children(self, home: Path) -> set[int]:
        """The processes of the environment in `home` that `devenv down` would end properly."""
        return Registry(home).families()

    def leftovers(self, home: Path) -> list[Program]:
        """Processes of the environment in `home` whose parent is gone."""
        return [Program(p.name(), p.pid) for p in Registry(home).leftovers()]

    def lock_holder(self, lock: Path) -> int | None:
        """The process that holds a file's lock (Linux tells); None if there's none."""
        try:
            inode = lock.stat().st_ino
            held = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        except OSError:
            return None
        mine = (f for f in held if len(f) > 5 and f[1] == "FLOCK" and f[5].endswith(f":{inode}"))
        return next((int(fields[4]) for fields in mine), None)

    def free_bytes(self, folder: Path) -> int:
        """Of the disk where `folder` is or would be."""
        return free_bytes(folder)

    def which(self, program: str) -> str | None:
        return shutil.which(program)

    def cli_version(self, path: str) -> str:
        """`aws-cli/2.31.2 …`, as `aws` says. Raises `OSError` where it can't be run.

        Of the one beside this Python its package is asked: saying it takes `aws` a second.
        """
        beside = Path(path).parent == Path(sys.executable).parent
        if beside and (version := self.installed(["awscli"]).get("awscli")):
            ours = "devenv.aws_cli" in Path(path).read_text(errors="replace")
            return f"aws-cli/{version}" + (" devenv/" if ours else "")
        try:
            done = subprocess.run(
                (path, "--version"), capture_output=True, text=True, timeout=4, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise OSError("it gave no answer") from error
        return done.stdout + done.stderr

    def now(self) -> float:
        return time.time()
