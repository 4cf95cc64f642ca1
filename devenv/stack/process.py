"""A child process that outlives the command that started it, and is found again by the next one.

Each child leads a session of its own, writes to a log file, and carries the instance's name in
its environment, which its descendants inherit: so everything of an instance can be found and
ended, even what a killed parent left behind.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from devenv.errors import DevenvError

INSTANCE_VARIABLE = "DEVENV_INSTANCE"


@dataclass(frozen=True)
class Running:
    """A started child, as remembered on disk. `created` tells a reused process id apart."""

    name: str
    pid: int
    created: float
    url: str

    def is_alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and abs(process.create_time() - self.created) < 1
        except psutil.NoSuchProcess:
            return False

    def memory_mb(self) -> int:
        """Resident memory of it and its descendants."""
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        total = 0
        for member in family:
            try:
                total += member.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total // 2**20


@dataclass(frozen=True)
class Registry:
    """The children of one instance, remembered under `home`/run, logs under `home`/logs."""

    home: Path

    def log_file(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def find(self, name: str) -> Running | None:
        """The running child of that name; None if there's none or it has died."""
        try:
            running = Running(**json.loads(self._file(name).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return running if running.is_alive() else None

    def spawn(
        self, name: str, url: str, command: Sequence[str], environ: Mapping[str, str]
    ) -> Running:
        """Start `command` as child `name`, appending its output to its log file."""
        log = self.log_file(name)
        for folder in (log.parent, self._file(name).parent):
            folder.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            try:
                child = subprocess.Popen(
                    command,
                    env={**environ, INSTANCE_VARIABLE: str(self.home)},
                    cwd=self.home,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise DevenvError(
                    f"Could not start {name}: {command[0]}: {error.strerror}. "
                    "Run scripts/setup to repair the installation."
                ) from error
        # Meant to outlive this object, which Popen would otherwise warn about when it's let go.
        child.returncode = 0
        running = Running(name, child.pid, psutil.Process(child.pid).create_time(), url)
        self._file(name).write_text(json.dumps(asdict(running)))
        return running

    def stop(self, names: Sequence[str], grace: float) -> list[str]:
        """End the named children together; those still there after `grace` seconds are killed.

        Returns the names of those that were running.
        """
        running = [found for name in names if (found := self.find(name))]
        for child in running:
            _signal(child.pid, signal.SIGTERM)
        processes = [_process(child.pid) for child in running]
        _, stubborn = psutil.wait_procs([p for p in processes if p], timeout=grace)
        for process in stubborn:
            _signal(process.pid, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=5)
        for name in names:
            self._file(name).unlink(missing_ok=True)
        return [child.name for child in running]

    def kill_leftovers(self) -> int:
        """Kill every process that carries this instance's name; how many there were."""
        leftovers = [p for p in psutil.process_iter() if self._is_ours(p)]
        for process in leftovers:
            _signal(process.pid, signal.SIGKILL)
        psutil.wait_procs(leftovers, timeout=5)
        return len(leftovers)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(INSTANCE_VARIABLE) == str(self.home)
        except (psutil.Error, OSError):
            return False

    def _file(self, name: str) -> Path:
        return self.home / "run" / f"{name}.json"


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
