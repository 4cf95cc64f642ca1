"""A timer without a thread, in the place of `threading.Timer`.

LocalStack starts one after each invocation, which ends an environment that stays idle, and cancels
it at the next invocation: a thread for each environment, made anew for each invocation.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from devenv.emulator.functions.io_loop import io_loop


class LoopTimer:
    """Calls `function` in a thread of its own once `interval` seconds have passed since `start`."""

    def __init__(self, interval: float, function: Callable[[], Any]) -> None:
        self._interval = interval
        self._function = function
        self._cancelled = False
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        io_loop().call_soon_threadsafe(self._arm)

    def cancel(self) -> None:
        """May come before `start`, and from any thread."""
        self._cancelled = True
        if self._handle is not None:
            io_loop().call_soon_threadsafe(self._handle.cancel)

    def _arm(self) -> None:
        if not self._cancelled:
            self._handle = io_loop().call_later(self._interval, self._fire)

    def _fire(self) -> None:
        if not self._cancelled:
            threading.Thread(target=self._function, daemon=True, name="functions-timer").start()
