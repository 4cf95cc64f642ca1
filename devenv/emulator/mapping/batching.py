"""Gathering a lane's records into batches: by count, by size, by time.

What was read and doesn't fit stays for the next batch, so `fill` can be called while the function
works: the next batch is then read and encoded already.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Protocol

from devenv.emulator.kinesis.records.reading import Page
from devenv.emulator.kinesis.records.storage import Stored
from devenv.emulator.mapping.events import FRAME, PAYLOAD_LIMIT, Record
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.windows import start_of

MAX_PAGE = 1000
"""Records read at a time: filters may pass few of them."""
MAX_PAGES = 20
"""Pages read without a look at whether to stop, and without a checkpoint."""


class Reader(Protocol):
    """Where records come from; see `source.ShardReader`."""

    position: int
    finished: bool

    def read(self, limit: int) -> Page: ...
    def is_mine(self, partition_key: str) -> bool: ...


@dataclass(frozen=True)
class Batch:
    """Records of one shard, and of one tumbling window if there are such."""

    records: list[Record]
    through: int
    """The position up to which everything is in this batch or of no concern to the function."""


@dataclass
class Gatherer:
    reader: Reader
    options: Options
    encode: Callable[[Stored], Record]
    passes: Callable[[Stored, Record], bool] | None
    """The filter, if there is one."""
    clock: Callable[[], float]
    reserve: int = 0
    """Bytes of the payload that aren't records'."""
    _waiting: deque[Record] = field(default_factory=deque)
    _size: int = 0
    """Of those that wait, in bytes with commas."""
    _since: float | None = None
    """When the first of those that wait was gathered."""

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    @property
    def position(self) -> int:
        """How far everything was read; beyond a checkpoint if nothing waits."""
        return self.reader.position

    @property
    def first_arrival(self) -> int | None:
        """Of those that wait (ms)."""
        return self._waiting[0].arrived if self._waiting else None

    def fill(self) -> None:
        """Read until a batch is full, there's nothing more, or it's time to look up."""
        for _ in range(MAX_PAGES):
            if self._is_full() or self.reader.finished:
                return
            wanted = self.options.batch_size - len(self._waiting)
            page = self.reader.read(min(MAX_PAGE, wanted) if self._reads_all() else MAX_PAGE)
            if not page.records:
                return
            for stored in page.records:
                self._add(stored)

    def due(self) -> float | None:
        """When what waits has to be delivered, as the clock counts; None if nothing waits."""
        if self._since is None:
            return None
        if self._is_full() or self.reader.finished or self._is_cut_short():
            return self._since
        moment = self._since + self.options.batching_window
        if window := self.options.tumbling_window:
            moment = min(moment, start_of(self._waiting[0].arrived, window) + window)
        return moment

    def take(self) -> Batch:
        """The next batch, of at least one record: there must be some."""
        records: list[Record] = []
        limit, size = PAYLOAD_LIMIT - FRAME - self.reserve, 0
        for record in takewhile(self._same_window(), self._waiting):
            size += len(record.event) + 1
            if records and (size > limit or len(records) == self.options.batch_size):
                break
            records.append(record)
        for record in records:
            self._waiting.popleft()
            self._size -= len(record.event) + 1
        if self._waiting:
            self._since = self.clock()
            return Batch(records, records[-1].position)
        self._since = None
        return Batch(records, self.reader.position)

    def _add(self, stored: Stored) -> None:
        if not self.reader.is_mine(stored.partition_key):
            return
        record = self.encode(stored)
        if self.passes is not None and not self.passes(stored, record):
            return
        if self._since is None:
            self._since = self.clock()
        self._waiting.append(record)
        self._size += len(record.event) + 1

    def _is_full(self) -> bool:
        return (
            len(self._waiting) >= self.options.batch_size
            or self._size >= PAYLOAD_LIMIT - FRAME - self.reserve
        )

    def _is_cut_short(self) -> bool:
        """Whether a record of a later tumbling window is there."""
        return not self._same_window()(self._waiting[-1])

    def _reads_all(self) -> bool:
        return self.passes is None and self.options.parallelization == 1

    def _same_window(self) -> Callable[[Record], bool]:
        length = self.options.tumbling_window
        if not length:
            return lambda _: True
        start = start_of(self._waiting[0].arrived, length)
        return lambda record: start_of(record.arrived, length) == start
