"""Waiting for a condition, with the clock passed in so that tests need no time."""

import time
from collections.abc import Callable
from typing import Protocol

from devenv.errors import Unreachable


class Clock(Protocol):
    """Seconds, as `time.monotonic` and `time.sleep` give and take them."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


def wait_for[T](
    probe: Callable[[], T | None],
    *,
    timeout: float,
    failure: str,
    interval: float = 0.1,
    clock: Clock = time,
) -> T:
    """Return the first truthy result of `probe`, asked every `interval` seconds.

    Raises `Unreachable(failure)` once `timeout` seconds have passed. Whatever `probe` raises
    goes through at once, so a probe can end the wait early with a better message.
    """
    deadline = clock.monotonic() + timeout
    while True:
        if result := probe():
            return result
        if clock.monotonic() >= deadline:
            raise Unreachable(failure)
        clock.sleep(interval)
