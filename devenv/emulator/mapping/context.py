"""What all lanes of a mapping share while one configuration of it is active."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from devenv.emulator.mapping.checkpoints import Checkpoints
from devenv.emulator.mapping.destinations import Discarded
from devenv.emulator.mapping.history.recorder import MakeRecorder, silent
from devenv.emulator.mapping.invocation import Invoke
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.source import Source
from devenv.emulator.mapping.statistics import Statistics

OK = "OK"
CALL_FAILED = "PROBLEM: Function call failed"


class Stopped(Exception):
    """The mapping is being disabled, changed or deleted; or the emulator stops."""


@dataclass(frozen=True, kw_only=True)
class MappingContext:
    """One configuration of a mapping; an update stops it and makes another."""

    options: Options
    source: Source
    checkpoints: Checkpoints
    invoke: Invoke
    role: str
    """ARN of the function's role, in whose name the stream is read."""
    send: Callable[[Discarded], bool | None]
    """Sends a message to the on-failure destination: whether it took it; None without one."""
    report: Callable[[str], None]
    """Sets the mapping's LastProcessingResult."""
    statistics: Statistics
    measure: Callable[[int], None]
    """Records the metric IteratorAge, in milliseconds."""
    read_refusal: Callable[[], str | None] = lambda: None
    """Returns why the role may not read the stream now, None if it may."""
    recorder: MakeRecorder = silent
    """Makes what a lane tells of its batches."""
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def clock(self) -> Callable[[], float]:
        return self.source.kinesis.clock

    def check(self) -> None:
        """Raise Stopped if `stop` was called."""
        if self.stopping.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait. Raise Stopped as soon as `stop` is called."""
        if self.stopping.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """Make all lanes end, each after the invocation that it waits for."""
        self.stopping.set()
        self.source.wake()
