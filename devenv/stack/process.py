"""A child process that outlives the command that started it, and is found again by the next one.

Each child leads a session of its own, writes to a log file, and carries the instance's name in
its environment, which its descendants inherit: so everything of an instance can be found and
ended, even what a killed parent left behind.
"""

import errno
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from devenv.errors import DevenvError
from devenv.stack import private

INSTANCE_VARIABLE = "DEVENV_INSTANCE"
KILL_TIMEOUT = 5.0
"""Seconds until a killed process is gone at the latest."""


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
        return sum(resident_bytes(self.pid)) // 2**20


def resident_bytes(pid: int) -> tuple[int, int]:
    """Resident memory of a process, and of all its descendants together; nothing once it's gone."""
    try:
        process = psutil.Process(pid)
        descendants = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return 0, 0
    return _resident(process), sum(_resident(each) for each in descendants)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


@dataclass(frozen=True)
class Registry:
    """The children of one instance, remembered under `home`/run, logs under `home`/logs."""

    home: Path

    def log_file(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def find(self, name: str) -> Running | None:
        """The running child of that name; None if there's none or it has died."""
        try:
            running = _remembered(json.loads(self._file(name).read_text()))
        except (OSError, ValueError, RecursionError):
            return None
        return running if running and running.is_alive() else None

    def remembers(self, name: str) -> bool:
        """Whether a child of that name was started, and not stopped since by `stop`."""
        return self._file(name).exists()

    def spawn(
        self, name: str, url: str, command: Sequence[str], environ: Mapping[str, str]
    ) -> Running:
        """Start `command` as child `name`, its output in a log file that's begun anew."""
        log = self.log_file(name)
        memory = self._file(name)
        with named_in_errors():
            for folder in (log.parent, memory.parent):
                private.ensure(folder)
            memory.unlink(missing_ok=True)
            private.begin(log)
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
                    umask=private.UMASK,
                )
            except OSError as error:
                raise DevenvError(
                    f"Could not start {name}: {command[0]}: {error.strerror}. "
                    "Run scripts/setup to repair the installation."
                ) from error
        # Meant to outlive this object, which Popen would otherwise warn about when it's let go.
        child.returncode = 0
        running = Running(name, child.pid, psutil.Process(child.pid).create_time(), url)
        try:
            private.begin(memory)
            memory.write_text(json.dumps(asdict(running)))
        except BaseException:
            _signal(child.pid, signal.SIGKILL)  # What isn't remembered would never be stopped.
            raise
        return running

    def stop(self, names: Sequence[str], grace: float) -> list[str]:
        """End the named children together; those still there after `grace` seconds are killed.

        Returns the names of those that were running.
        """
        running = [found for name in names if (found := self.find(name))]
        for child in running:
            _signal(child.pid, signal.SIGTERM)
        processes = [_process(child.pid) for child in running]
        stubborn = _still_running([p for p in processes if p], grace)
        for process in stubborn:
            _signal(process.pid, signal.SIGKILL)
        _still_running(stubborn, KILL_TIMEOUT)
        with named_in_errors():
            for name in names:
                self._file(name).unlink(missing_ok=True)
        return [child.name for child in running]

    def leftovers(self) -> list[psutil.Process]:
        """Every process that carries this instance's name but is no running child's, or its
        descendant: what a child that was killed has left behind."""
        kept = self.families()
        return [p for p in psutil.process_iter() if p.pid not in kept and self._is_ours(p)]

    def kill_leftovers(self) -> int:
        """Kill the leftovers; how many there were."""
        leftovers = self.leftovers()
        for process in leftovers:
            _signal(process.pid, signal.SIGKILL)
        _still_running(leftovers, KILL_TIMEOUT)
        return len(leftovers)

    def families(self) -> set[int]:
        """Ids of the running children and all their descendants, and of this process."""
        kept = {os.getpid()}
        for file in self._file("").parent.glob("*.json"):
            if (running := self.find(file.stem)) and (process := _process(running.pid)):
                kept |= {running.pid, *(p.pid for p in process.children(recursive=True))}
        return kept

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(INSTANCE_VARIABLE) == str(self.home)
        except (psutil.Error, OSError):
            return False

    def _file(self, name: str) -> Path:
        return self.home / "run" / f"{name}.json"


def _remembered(content: object) -> Running | None:
    """What a file of `run` holds; None if it is not what `spawn` has written."""
    if not isinstance(content, dict):
        return None
    name, pid, created, url = (content.get(key) for key in ("name", "pid", "created", "url"))
    if not (isinstance(name, str) and isinstance(url, str) and type(pid) is int):
        return None
    if type(created) not in (int, float) or not 0 < pid < 2**31:
        return None
    return Running(name, pid, float(created), url)  # type: ignore[arg-type]


@contextmanager
def named_in_errors() -> Iterator[None]:
    """A file that is in the way becomes an error with its name and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DevenvError(
            f"{error.filename} can't be used: {error.strerror}. devenv keeps files of its own "
            "there: move away what is in the way, or make it this account's."
        ) from error


def _still_running(processes: list[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Those of `processes` that run after `timeout` seconds; returns at once if none does.

    A zombie runs no more: it only waits for its parent, which may be a container's careless
    process 1, and psutil would wait with it.
    """
    deadline = time.monotonic() + timeout
    while True:
        _, left = psutil.wait_procs(processes, timeout=0)
        processes = [process for process in left if not _is_zombie(process)]
        if not processes or time.monotonic() >= deadline:
            return processes
        time.sleep(0.02)


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


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
