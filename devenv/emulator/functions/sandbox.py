"""The process that a function runs in: started, listened to, measured and ended.

A process of this machine's, under the person's own account, or, where the emulator is root in a
container, under one that nobody else has (see `accounts`). It's separated from the developer's
environment (own variables, home, temporary folder and working folder), not locked in. One that
takes more memory than the function's size is killed (`memory` says what is counted).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from devenv.emulator.functions import lambda_paths
from devenv.emulator.functions.families import Family
from devenv.emulator.functions.io_loop import io_loop
from devenv.emulator.functions.memory import WATCH, own_bytes, own_bytes_anywhere
from devenv.emulator.functions.output_buffer import OutputBuffer

SCRATCH = "function-"
"""What the name of a function's temporary folder begins with."""

PROC = Path("/proc/self/status")


class Sandbox(Protocol):
    """One runtime and whatever holds it; ended once, never started again."""

    def end_boost(self) -> None:
        """Init is over: from now on there's CPU in proportion to memory. Lambda gives a function
        all it can have while it starts."""
        ...

    def thaw(self) -> None:
        """An event is coming. Lambda freezes what has none."""
        ...

    def freeze(self) -> None:
        """It has no event, nor is it being initialized."""
        ...

    def kill(self) -> None: ...

    def ran_out_of_memory(self) -> bool:
        """Whether it was ended because it took more than the function's memory size."""
        ...

    def owns(self, peer: tuple[str, int]) -> bool:
        """Whether a connection to the Runtime API comes from the runtime, or from what it started.
        `peer` is the address and port of its other end."""
        ...

    def read_logs(self) -> str:
        """What was written to stdout and stderr since the last call."""
        ...

    def as_on_lambda(self, text: str) -> str:
        """`text` with its folders named as on Lambda."""
        ...

    def max_memory(self) -> int:
        """The most memory that was in use so far, in MB."""
        ...


def remove_leftover_folders(parent: Path) -> int:
    """Remove the temporary folders of functions whose emulator was killed; how many there were."""
    found = list(parent.glob(f"{SCRATCH}*"))
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    return len(found)


class SandboxFactory(Protocol):
    """Starts a runtime whose Runtime API is at `runtime_api` ("host:port")."""

    def __call__(self, runtime_api: str, on_exit: Callable[[str], None]) -> Sandbox: ...


@dataclass(frozen=True)
class ProcessSandboxes:
    """Starts `command` in `folder` with `variables`, once per call."""

    command: Sequence[str]
    folder: Path
    variables: Mapping[str, str]
    lambda_folders: Mapping[Path, str] = field(default_factory=dict)
    """What folders of this machine are called on Lambda."""
    memory_mb: int = 10_240
    account: int | None = None
    """The number of the account that it runs under; None for the emulator's own."""

    def __call__(self, runtime_api: str, on_exit: Callable[[str], None]) -> Sandbox:
        return ProcessSandbox(self, runtime_api, on_exit)


@dataclass
class ProcessSandbox:
    """A runtime process with its descendants, in a session of its own."""

    spec: ProcessSandboxes
    runtime_api: str
    on_exit: Callable[[str], None]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _logs: OutputBuffer = field(default_factory=OutputBuffer)
    _peak_mb: int = 0
    _out_of_memory: bool = False

    def __post_init__(self) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix=SCRATCH))
        self._output, write_end = os.pipe()
        os.set_blocking(self._output, False)
        self._names = lambda_paths.names(self.spec.lambda_folders)
        account = self.spec.account
        if account is not None:
            os.chown(self._scratch, account, account)
        try:
            self._process = subprocess.Popen(
                self.spec.command,
                cwd=self.spec.folder,
                env={
                    **self.spec.variables,
                    "AWS_LAMBDA_RUNTIME_API": self.runtime_api,
                    "HOME": str(self._scratch),
                    "TMPDIR": str(self._scratch),
                },
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
                user=account,
                group=account,
                extra_groups=None if account is None else [],
                umask=0o022,  # Lambda's.
            )
        except OSError:
            os.close(self._output)
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        finally:
            os.close(write_end)
        self._family = Family(psutil.Process(self._process.pid), self.runtime_api, account)
        # Read all along, so that a function that logs much is never held up by a full pipe.
        io_loop().call_soon_threadsafe(io_loop().add_reader, self._output, self._readable)
        _when_ended(self._process.pid, self._ended)
        WATCH.begin(self._look)

    def end_boost(self) -> None:
        """Nothing: a process's CPU isn't limited."""

    def thaw(self) -> None:
        """From now on its memory is looked at. The process isn't stopped in between."""
        if self._peak_mb == 0:
            self.max_memory()
        WATCH.begin(self._look)

    def freeze(self) -> None:
        WATCH.end(self._look)

    def ran_out_of_memory(self) -> bool:
        return self._out_of_memory

    def kill(self) -> None:
        """End the process and all that it started, at once: Lambda gives no warning either."""
        WATCH.end(self._look)
        self._family.kill()
        self._process.wait()
        with self._lock:
            self._drain()
        io_loop().call_soon_threadsafe(self._close_output)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def owns(self, peer: tuple[str, int]) -> bool:
        return self._family.has_connection(peer)

    def read_logs(self) -> str:
        with self._lock:
            self._drain()
        return self.as_on_lambda(self._logs.take())

    def as_on_lambda(self, text: str) -> str:
        return lambda_paths.renamed(text, self._names)

    def max_memory(self) -> int:
        with contextlib.suppress(OSError, psutil.Error):  # Once ended, the last figure stands.
            self._peak_mb = max(self._peak_mb, _peak_bytes(self._process.pid) // 2**20)
        return self._peak_mb

    def _look(self) -> None:
        """End it if it has more memory than the function's size."""
        root, limit = self._process.pid, self.spec.memory_mb * 2**20
        own = own_bytes(root, limit) if PROC.exists() else own_bytes_anywhere(root)
        self._peak_mb = max(self._peak_mb, own // 2**20)
        if own > limit and self._process.returncode is None:
            self._out_of_memory = True
            WATCH.end(self._look)
            self._family.kill()

    def _readable(self) -> None:
        with self._lock:
            if self._drain():
                return
        self._close_output()

    def _drain(self) -> bool:
        """Take what the pipe holds; False once its last writer is gone."""
        while self._output >= 0:
            try:
                chunk = os.read(self._output, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._logs.add(chunk)
        return False

    def _close_output(self) -> None:
        """In the loop's thread, which may be waiting for it."""
        with self._lock:
            if self._output >= 0:
                io_loop().remove_reader(self._output)
                os.close(self._output)
            self._output = -1

    def _ended(self) -> None:
        status = self._process.wait()
        self.on_exit(f"exit status {status}" if status >= 0 else f"signal: {_signal_word(-status)}")


def _when_ended(pid: int, then: Callable[[], None]) -> None:
    """Call `then` once the child `pid` has ended: in the loop's thread, or where the system can't
    have it waited for with others, in one for it alone."""
    try:
        handle = os.pidfd_open(pid)
    except (AttributeError, OSError):

        def wait() -> None:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            then()

        threading.Thread(target=wait, daemon=True, name="function-exit").start()
        return

    def ended() -> None:
        io_loop().remove_reader(handle)
        os.close(handle)
        then()

    io_loop().call_soon_threadsafe(io_loop().add_reader, handle, ended)


def _signal_word(number: int) -> str:
    """A signal as Lambda words it: "killed", "segmentation fault"."""
    return (signal.strsignal(number) or f"signal {number}").lower()


def _peak_bytes(pid: int) -> int:
    """Peak resident memory; the present one where the system doesn't keep the peak."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return int(psutil.Process(pid).memory_info().rss)
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
    return int(peak) * 1024
