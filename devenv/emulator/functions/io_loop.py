"""The one thread that waits for all functions: for requests to their Runtime APIs, for what they
print, and for their processes' ends. With a thread for each, 50 functions had 250.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

_LOCK = threading.Lock()
_LOOP: list[asyncio.AbstractEventLoop] = []


def io_loop() -> asyncio.AbstractEventLoop:
    """The running loop; its thread is started by the first call."""
    with _LOCK:
        if not _LOOP:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, daemon=True, name="functions-io").start()
            _LOOP.append(loop)
        return _LOOP[0]


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in the loop and wait for it. Not to be called by the loop's own thread."""
    return asyncio.run_coroutine_threadsafe(work, io_loop()).result()
