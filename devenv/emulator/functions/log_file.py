"""The file with what all functions log, beside CloudWatch Logs; `devenv up` shows it.

It's begun anew when it has grown large: `function.log.1` is the one before it. Whatever becomes of
it must not hurt an invocation: a folder that was removed is made anew, and what can't be written is
told in the emulator's log.
"""

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from devenv.emulator.functions.log_text import for_people

LOG = logging.getLogger(__name__)

LARGEST = 16 * 1024 * 1024
OLDER = 2
"""Files kept beside the newest one."""


@dataclass
class LogFile:
    path: Path
    largest: int = LARGEST
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, logs: str) -> None:
        """Never raises for what the disk does."""
        with self._lock:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(for_people(logs))
                    # In a container it's the container's own output, which has no size.
                    size = file.tell() if file.seekable() else 0
                if size > self.largest:
                    self._begin_anew()
            except OSError as error:
                LOG.warning("A function's log was not written to %s: %s", self.path, error)

    def _begin_anew(self) -> None:
        for number in range(OLDER, 0, -1):
            older = self._older(number - 1)
            if older.exists():
                older.replace(self._older(number))

    def _older(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path
