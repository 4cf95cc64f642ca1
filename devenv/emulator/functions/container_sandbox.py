"""The container that a function's image runs in: started, listened to, measured and removed.

As on Lambda: the image's own entry point against the Runtime API, an account without rights, a
disk that can only be read but for /tmp, memory limited, and after init CPU in proportion to it.
"""

import contextlib
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from docker.errors import DockerException
from docker.types import Mount

from devenv.emulator.functions.container_engine import OWNER, ContainerEngine, remove
from devenv.emulator.functions.container_memory import (
    out_of_memory_events,
    peak_bytes,
    used_bytes,
)
from devenv.emulator.functions.output_buffer import OutputBuffer
from devenv.emulator.functions.sandbox import Sandbox
from devenv.errors import DevenvError

CORE_MB = 1769
"""Memory that brings one core. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

PERIOD = 20_000
"""Microseconds in which a function may use its share of CPU."""

QUIET = 0.01
"""Seconds without output after which a log is taken for complete: the engine passes it on a moment
after it was written. What comes later still stands in the next invocation's log."""

SAMPLE_INTERVAL = 1.0

USER = "993:990"
"""Lambda's own numbers for the account that functions run as."""


@dataclass(frozen=True)
class ContainerSandboxes:
    """Starts a container of `image`, once per call."""

    engine: ContainerEngine
    name: str
    """The function's."""
    image: str
    """By digest: a tag may have moved since the function was made."""
    variables: Mapping[str, str]
    memory_mb: int
    scale_cpu: bool = True
    command: list[str] | None = None
    entry_point: list[str] | None = None
    working_dir: str | None = None

    @property
    def cpu_quota(self) -> int:
        """Microseconds of CPU in each `PERIOD`; those of the whole machine at most."""
        return int(PERIOD * min(self.memory_mb / CORE_MB, float(self.engine.cpus)))

    def __call__(self, runtime_api: str, on_exit: Callable[[str], None]) -> Sandbox:
        return ContainerSandbox(self, runtime_api, on_exit)


@dataclass
class ContainerSandbox:
    """One container; removed by `kill`. Raises `DevenvError` if it can't be started."""

    spec: ContainerSandboxes
    runtime_api: str
    on_exit: Callable[[str], None]
    _logs: OutputBuffer = field(default_factory=OutputBuffer)
    _arrived: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False
    _status: int | None = None
    """What it ended with."""
    _peak_mb: int = 0
    _asked: float = 0.0
    """When the engine was asked for a sample, beside those that it sends."""

    def __post_init__(self) -> None:
        spec = self.spec
        client, label = spec.engine.client, f"{OWNER}={spec.engine.owner}"
        try:
            self._out_of_memory = out_of_memory_events(client, label)
            self._container = client.containers.create(
                spec.image,
                spec.command,
                entrypoint=spec.entry_point,
                working_dir=spec.working_dir,
                name=f"{spec.engine.owner}-{spec.name}-{uuid.uuid4().hex[:8]}",
                environment={**spec.variables, "AWS_LAMBDA_RUNTIME_API": self.runtime_api},
                network=spec.engine.network,
                labels=dict(spec.engine.labels),
                mem_limit=f"{spec.memory_mb}m",
                memswap_limit=f"{spec.memory_mb}m",
                user=USER,
                read_only=True,
                mounts=[Mount("/tmp", None, type="volume")],
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                init=True,
                # So a killed emulator's are gone: the runtime ends when nobody serves its API.
                auto_remove=True,
            )
            try:
                output = self._container.attach(stream=True, logs=True)
                self._container.start()
            except BaseException:
                remove(self._container)
                raise
        except (DockerException, OSError) as error:
            reason = getattr(error, "explanation", None) or error
            raise DevenvError(
                f"The container of function {spec.name} can't be started: {reason}."
            ) from error
        self._listener = _thread("function-output", self._listen, output)
        _thread("function-exit", self._wait)
        _thread("function-memory", self._measure)

    def end_boost(self) -> None:
        if self.spec.scale_cpu:
            # One that has just ended has no share to be given; its end is told otherwise.
            with contextlib.suppress(DockerException, OSError):
                self._container.update(cpu_period=PERIOD, cpu_quota=self.spec.cpu_quota)

    def thaw(self) -> None:
        """Nothing: the container's memory is limited all along."""

    def freeze(self) -> None:
        """Nothing: a container isn't paused."""

    def ran_out_of_memory(self) -> bool:
        return self._status == 128 + signal.SIGKILL and self._out_of_memory.was_killed(
            str(self._container.id)
        )

    def kill(self) -> None:
        """End and remove it, at once: Lambda gives no warning either."""
        self._ended = True
        self._out_of_memory.forget(str(self._container.id))
        with contextlib.suppress(DockerException, OSError):  # Left for the next emulator's start.
            remove(self._container)

    def owns(self, peer: tuple[str, int]) -> bool:
        """By the address, which on the engine's network is this container's alone."""
        try:
            self._container.reload()
        except (DockerException, OSError):
            return False
        networks = self._container.attrs["NetworkSettings"]["Networks"]
        return bool(networks.get(self.spec.engine.network, {}).get("IPAddress") == peer[0])

    def read_logs(self) -> str:
        if self._ended:
            self._listener.join(timeout=1)
        with self._arrived:
            while self._arrived.wait(timeout=0 if self._ended else QUIET):
                pass
        return self._logs.take()

    def as_on_lambda(self, text: str) -> str:
        """Unchanged: a container has Lambda's own folders."""
        return text

    def max_memory(self) -> int:
        """The cgroup's peak where it can be read (cgroup v2), or where the engine knows it
        (v1); else the highest of the engine's samples, one a second, and of those that are taken
        here, at most as often: an invocation may be over before the engine's first one."""
        now = time.monotonic()
        if (peak := peak_bytes(str(self._container.id))) is not None:
            self._peak_mb = max(self._peak_mb, peak // 2**20)
            return self._peak_mb
        if not self._ended and (self._peak_mb == 0 or now - self._asked >= SAMPLE_INTERVAL):
            self._asked = now
            with contextlib.suppress(DockerException, OSError, KeyError):
                self._note(self._container.stats(stream=False, one_shot=True))
        return self._peak_mb

    def _measure(self) -> None:
        with contextlib.suppress(DockerException, OSError):
            samples: Any = self._container.stats(decode=True)
            for sample in samples:
                if not self._note(sample):
                    return

    def _note(self, sample: Any) -> bool:
        """False if it has ended: the samples until then stand."""
        used = used_bytes(sample["memory_stats"])
        if used is not None:
            self._peak_mb = max(self._peak_mb, used // 2**20)
        return used is not None

    def _listen(self, output: Iterator[bytes]) -> None:
        with contextlib.suppress(DockerException, OSError, ValueError):
            for chunk in output:
                with self._arrived:
                    self._logs.add(chunk)
                    self._arrived.notify_all()

    def _wait(self) -> None:
        try:
            status = int(self._container.wait()["StatusCode"])
        except (DockerException, OSError):
            status = 128 + signal.SIGKILL
        self._status, self._ended = status, True
        self.on_exit(exit_reason(status))


def _thread(name: str, work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, daemon=True, name=name)
    thread.start()
    return thread


def exit_reason(status: int) -> str:
    """As Lambda words it. An init process reports a signal as 128 and its number."""
    if status <= 128:
        return f"exit status {status}"
    number = status - 128
    return f"signal: {(signal.strsignal(number) or f'signal {number}').lower()}"
