"""What the lanes of a running mapping share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from devenv.emulator.mapping.checkpoints import Checkpoints
from devenv.emulator.mapping.destinations import Discarded
from devenv.emulator.mapping.invocation import Invoke
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.source import Source
from devenv.emulator.mapping.statistics import Statistics

OK = "OK"
CALL_FAILED = "PROBLEM: Function call failed"


class Stopped(Exception):
    """The mapping is being disabled, changed or deleted; or the emulator stops."""


@dataclass(frozen=True)
class Work:
    """One configuration of a mapping at work; an update ends it and begins another."""

    options: Options
    source: Source
    checkpoints: Checkpoints
    invoke: Invoke
    role: str
    """The function's, in whose name the stream is read."""
    send: Callable[[Discarded], None]
    """Tells the on-failure destination, if there is one."""
    report: Callable[[str], None]
    """Told LastProcessingResult."""
    statistics: Statistics
    measure: Callable[[int], None]
    """Told each batch's IteratorAge in milliseconds."""
    refusal: Callable[[], str | None] = lambda: None
    """Why the role may not read the stream now; None if it may."""
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def clock(self) -> Callable[[], float]:
        return self.source.kinesis.clock

    def check(self) -> None:
        """Raise Stopped if it's over."""
        if self.stopping.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait, and raise Stopped at once when it's over."""
        if self.stopping.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """Have all lanes end, after what they have in the function's hands."""
        self.stopping.set()
        self.source.wake()
