"""A file that one process at a time holds; the system lets go of it when the process ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from devenv.errors import DevenvError


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock at `path`, made if it isn't there. `waiting` is called once if another process
    holds it. Raises `DevenvError` if `path` can't be a lock.
    """
    file = _held(path, waiting)
    try:
        yield
    finally:
        file.close()


def _held(path: Path, waiting: Callable[[], None]) -> TextIO:
    """The file, locked. One that was deleted while it was waited for is no lock any more: whoever
    came since has made another."""
    while True:
        file = _opened(path)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(path, file):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w")
    except OSError as error:
        raise DevenvError(
            f"{path} can't be a lock: {error.strerror}. It has to be a plain file that this "
            "account may write: move away what is there."
        ) from error


def _is_at(path: Path, file: TextIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
