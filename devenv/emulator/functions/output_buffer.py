"""What a function prints, kept until its invocation ends: whole, unless it's very much.

AWS takes any amount. Here it's in the emulator's memory, and CloudWatch Logs is as well: of more
than `KEPT` bytes between two looks, the beginning and the end are kept, and a line between them
says how much is missing.
"""

import threading
from dataclasses import dataclass, field

KEPT = 8 * 1024 * 1024


@dataclass
class OutputBuffer:
    """May be filled by one thread and emptied by another."""

    kept: int = KEPT
    _first: bytearray = field(default_factory=bytearray)
    _last: bytearray = field(default_factory=bytearray)
    _cut: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, data: bytes) -> None:
        with self._lock:
            room = self.kept // 2 - len(self._first)
            if room > 0 and not self._last:
                self._first += data[:room]
                data = data[room:]
            self._last += data
            # Not at each addition: what is in front has to be moved up.
            if len(self._last) > self.kept:
                self._shorten()

    def take(self) -> str:
        """All that was added since the last call, or its beginning and its end."""
        with self._lock:
            if self._cut or len(self._last) > self.kept - len(self._first):
                self._shorten()
            first, last, cut = bytes(self._first), bytes(self._last), self._cut
            self._first.clear()
            self._last.clear()
            self._cut = 0
        if not cut:
            return (first + last).decode("utf-8", "replace")
        half = self.kept // 2 / 2**20
        notice = (
            f"devenv: {cut / 2**20:.1f} MB of output are left out here: of what one invocation "
            f"prints, the first and the last {half:g} MB are kept.\n"
        )
        return _whole_lines(first) + notice + last.decode("utf-8", "replace")

    def _shorten(self) -> None:
        """Leave the end of what was added last, from a line's start on."""
        surplus = max(0, len(self._last) - self.kept // 2)
        end = self._last.find(b"\n", max(0, surplus - 1))
        if surplus and 0 <= end < len(self._last) - 1:
            surplus = end + 1
        del self._last[:surplus]
        self._cut += surplus


def _whole_lines(text: bytes) -> str:
    """`text` with its last line ended."""
    return text.decode("utf-8", "replace") + ("" if text.endswith(b"\n") else "\n")
