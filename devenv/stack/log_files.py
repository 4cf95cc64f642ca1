"""The services' log files: their last lines, and what is added to them, merged."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

INTERVAL = 0.2
"""Seconds between two looks at the files."""


def last_lines(path: Path, count: int) -> list[str]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]


def follow(
    files: Mapping[str, Path],
    alive: Callable[[], None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[str, str]]:
    """Yield (label, line) for each line added from now on; never ends by itself.

    `alive` is called in each round and ends it by raising. A file that was begun anew is read
    from its start; half a line waits for its end.
    """
    positions = {label: _size(path) for label, path in files.items()}
    rests = dict.fromkeys(files, b"")
    while True:
        for label, path in files.items():
            if _size(path) < positions[label]:
                positions[label], rests[label] = 0, b""
            added = _read(path, positions[label])
            positions[label] += len(added)
            *lines, rests[label] = (rests[label] + added).split(b"\n")
            for line in lines:
                yield label, line.decode("utf-8", "replace")
        alive()
        sleep(INTERVAL)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _read(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read()
    except FileNotFoundError:
        return b""
