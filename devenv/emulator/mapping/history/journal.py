"""Between delivery and the file: entries wait in a bounded place, a thread writes them in bulk.

An entry that grows while it waits takes no more room. Where there's none, new entries are counted
and left out; delivery never waits. What was written is passed on to `follow`, if anyone follows.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence

from devenv.emulator.mapping.history.entries import Entry, State
from devenv.emulator.mapping.history.file import HistoryFile
from devenv.emulator.mapping.history.filters import Filters

LOG = logging.getLogger(__name__)

EVERY = 0.1
"""Seconds in which entries are gathered before they are written."""
WAITING = 2000
"""Entries that wait at most."""


class Journal:
    """Takes entries of all lanes; `close` writes what waits."""

    def __init__(
        self,
        file: HistoryFile,
        follow: Callable[[Sequence[Entry]], None] = lambda entries: None,
        waiting: int = WAITING,
        every: float = EVERY,
    ) -> None:
        self._file, self._follow = file, follow
        self._most, self._every = waiting, every
        self._last_id = file.last_id()
        self._waiting: dict[int, Entry] = {}
        self._forgotten: list[tuple[str, str, str]] = []
        self._written: dict[int, int] = {}
        """Of each entry under way, the number of its last attempt in the file."""
        self._lock = threading.Lock()
        self._something, self._hurry = threading.Event(), threading.Event()
        self._idle = threading.Condition(self._lock)
        self._writing = self._closed = False
        self._told = 0.0
        self.left_out = 0
        """Entries for which there was no room, or which the file didn't take."""
        self._thread = threading.Thread(target=self._work, daemon=True, name="batch-history")
        self._thread.start()

    def next_id(self) -> int:
        with self._lock:
            self._last_id += 1
            return self._last_id

    def begin(self, entry: Entry) -> bool:
        with self._lock:
            if len(self._waiting) >= self._most or self._closed:
                self.left_out += 1
                return False
            self._waiting[entry.id] = entry
        self._wake()
        return True

    def update(self, entry: Entry) -> None:
        with self._lock:
            self._waiting[entry.id] = entry
        self._wake()

    def forget(self, uuid: str, function: str, source: str) -> None:
        """Have a deleted mapping's entries deleted, those that wait too."""
        with self._lock:
            self._forgotten.append((uuid, function, source))
        self._something.set()

    def find(self, filters: Filters) -> list[Entry]:
        """With what was taken until now, unless the disk is too slow for that."""
        self.flush(1.0)
        return self._file.find(filters)

    def flush(self, timeout: float) -> bool:
        """Wait until everything that was taken is written; whether it is."""
        self._hurry.set()
        self._something.set()
        with self._idle:
            return self._idle.wait_for(
                lambda: not (self._waiting or self._forgotten or self._writing), timeout
            )

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._hurry.set()
        self._something.set()
        self._thread.join(5)
        self._file.close()

    def _wake(self) -> None:
        if not self._something.is_set():  # Which takes a tenth of what setting it takes.
            self._something.set()

    def _work(self) -> None:
        while True:
            self._something.wait()
            self._hurry.wait(self._every)
            self._something.clear()
            self._hurry.clear()
            with self._lock:
                entries, self._waiting = list(self._waiting.values()), {}
                forgotten, self._forgotten = self._forgotten, []
                self._writing = True
            try:
                self._write(entries, forgotten)
            except Exception:  # Whoever follows must not end what is written for the others.
                LOG.exception("The history of batches goes on after an error")
            with self._idle:
                self._writing = False
                self._idle.notify_all()
                if self._closed and not self._waiting:
                    return

    def _write(self, entries: list[Entry], forgotten: list[tuple[str, str, str]]) -> None:
        try:
            if entries:
                self._file.write([(entry, self._written.get(entry.id, -1)) for entry in entries])
            for mapping in forgotten:
                self._file.forget(*mapping)
        except (sqlite3.Error, OSError) as error:
            self.left_out += len(entries)
            if time.monotonic() - self._told > 60 or not self._told:
                self._told = time.monotonic()
                LOG.error(
                    "What became of batches can't be written to %s: %s", self._file.path, error
                )
            return
        for entry in entries:
            if entry.state is State.UNDER_WAY:
                self._written[entry.id] = entry.attempts_made
            else:
                self._written.pop(entry.id, None)
        if entries:
            self._follow(entries)
