"""Accounts of their own for functions that run as processes beside an emulator that is root.

In a container the emulator is root and has Docker's socket; a zip function that ran as root, too,
would be root on the whole machine. So each of its environments gets an account without rights that
no other process has: it can't read the emulator's files, the socket, or another function's memory,
and whatever it starts can be found by it. Embedded, functions run as the person who runs `devenv`.
"""

import itertools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

FIRST, COUNT = 20_000, 40_000
"""Numbers of accounts, which no image has."""

_numbers: Iterator[int] = itertools.cycle(range(FIRST, FIRST + COUNT))
_lock = threading.Lock()


def are_used() -> bool:
    """Whether functions' processes run under accounts of their own."""
    return os.environ.get("DEVENV_FUNCTIONS") == "containers" and os.geteuid() == 0


def is_one(number: int) -> bool:
    """Whether an account is a function's."""
    return FIRST <= number < FIRST + COUNT


def next_account() -> int | None:
    """The number of an account for one environment; None for the emulator's own."""
    if not are_used():
        return None
    with _lock:
        return next(_numbers)


def make_readable(folder: Path, top: Path) -> None:
    """Let every account read `folder`, and reach it from `top`, the folder of temporary files."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
    for parent in folder.parents:
        if parent == top.parent:
            break
        parent.chmod(parent.stat().st_mode | 0o111)
