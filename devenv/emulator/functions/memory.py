"""How much memory a function's processes take, and who looks at it while they work.

Counted is what is theirs alone and can't be had back: anonymous and shared memory, in swap too.
That is what a cgroup's limit kills for; pages of files (libraries, say) are dropped before it does.
What processes share after a fork is counted once.

One thread looks at all functions that work, ten times a second: what is taken and given back
between two looks isn't seen.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

INTERVAL = 0.1
"""Seconds between two looks."""

FIELDS = ("RssAnon:", "RssShmem:", "VmSwap:")
SHARES = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
"""Of each page, what falls to one of those that have it."""


def own_bytes(root: int, limit: int) -> int:
    """What the process `root` and its descendants have. Counted exactly only when it seems to be
    over `limit` bytes, which takes longer."""
    family = descendants(root)
    rough = sum(_kilobytes(f"/proc/{pid}/status", FIELDS) for pid in family) * 1024
    if rough <= limit or len(family) == 1:
        return rough
    exact = sum(_kilobytes(f"/proc/{pid}/smaps_rollup", SHARES) for pid in family) * 1024
    return exact or rough


def descendants(root: int) -> list[int]:
    """`root` and all that descend from it."""
    found, left = [], [root]
    while left:
        pid = left.pop()
        found.append(pid)
        with contextlib.suppress(OSError, ValueError):
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                left += map(int, children.read_text().split())
    return found


def own_bytes_anywhere(root: int) -> int:
    """The same where there's no /proc."""
    try:
        process = psutil.Process(root)
        family = [process, *process.children(recursive=True)]
        return sum(int(each.memory_full_info().uss) for each in family)
    except psutil.Error:
        return 0


def _kilobytes(path: str, names: tuple[str, ...]) -> int:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


class MemoryWatch:
    """Calls the given functions again and again, in a thread that is there while there are any."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._looks: set[Callable[[], None]] = set()
        self._lock = threading.Lock()
        self._running = False

    def begin(self, look: Callable[[], None]) -> None:
        with self._lock:
            self._looks.add(look)
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, daemon=True, name="functions-memory").start()

    def end(self, look: Callable[[], None]) -> None:
        with self._lock:
            self._looks.discard(look)

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(self._interval)
            with self._lock:
                looks = list(self._looks)
                idle = 0 if looks else idle + 1
                if idle > 1 / self._interval:  # For a second: not a thread for each invocation.
                    self._running = False
                    return
            for look in looks:
                look()


WATCH = MemoryWatch()
