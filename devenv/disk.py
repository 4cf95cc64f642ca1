"""Whether the disk of an environment is full, which programs on it tell in odd ways, or not at all.

The emulator closes connections whose requests it can't keep, and services end without a word.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

NEEDED = 20 * 2**20
"""Bytes: what an environment writes when it starts is 11 MB, and a model is up to 5 MB twice."""

Free = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Of the disk where `folder` is or would be."""
    there = next(f for f in (folder, *folder.parents) if f.exists())
    return shutil.disk_usage(there).free


def shortage(home: Path, free: Free = free_bytes) -> str | None:
    """A sentence with a cure if the disk that holds `home` is full, or nearly; else None."""
    left = free(home)
    if left >= NEEDED:
        return None
    return (
        f"The disk that holds {home} is full ({left / 1e6:.1f} MB free, "
        f"{NEEDED / 1e6:.0f} needed): make room there, or set DEVENV_HOME to a folder on another "
        "disk."
    )
