"""Records on disk: appended to a shard, read by position, trimmed by age, waited for.

A shard is its key here. Positions count from 1; a reader says after which position to go on.
Each shard's newest record is never trimmed: it says which position is next. It is hidden from
readers when it's too old.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from devenv.emulator.kinesis.database import Database

POSITIONS = 2**40
"""How many positions a shard's part of the ids has."""
ROWS = 50
"""How many records are fetched at once: they can be 10 MiB each."""
CHUNK = 20_000
"""How many records are removed in one transaction: puts wait that long at most."""


type Place = tuple[int, int]
"""A position and an arrival in milliseconds."""


class Stored(NamedTuple):
    """A record as it's stored; `arrived` in milliseconds."""

    position: int
    arrived: int
    partition_key: str
    data: bytes


class New(NamedTuple):
    """A record to be stored."""

    shard: int
    partition_key: str
    data: bytes


@dataclass
class Head:
    """The end of a shard: its newest record's position and arrival, and who waits for more."""

    position: int
    arrived: int
    changed: threading.Condition = field(default_factory=threading.Condition)


class Records:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._heads: dict[int, Head] = {}
        self._appending = threading.Lock()

    def append(self, records: Sequence[New], now: int) -> list[Place]:
        """Store records at once; each one's position and arrival, which never go back."""
        ends: dict[int, Place] = {}
        places, rows = [], []
        with self._appending:
            for shard, partition_key, data in records:
                end = ends.get(shard)
                if end is None:
                    head = self.head(shard)
                    end = (head.position, max(head.arrived, now))
                ends[shard] = place = (end[0] + 1, end[1])
                places.append(place)
                rows.append((shard * POSITIONS + place[0], place[1], partition_key, data))
            self._database.write("INSERT INTO records VALUES (?, ?, ?, ?)", rows)
            for shard, (position, arrived) in ends.items():
                self._advance(shard, position, arrived)
        return places

    def head(self, shard: int) -> Head:
        found = self._heads.get(shard)
        if found is None:
            first = shard * POSITIONS
            with self._database.reading() as reader:
                row = reader.execute(
                    "SELECT id, arrived FROM records WHERE id > ? AND id < ? "
                    "ORDER BY id DESC LIMIT 1",
                    (first, first + POSITIONS),
                ).fetchone()
            found = Head(row[0] - first, row[1]) if row else Head(0, 0)
            found = self._heads.setdefault(shard, found)
        return found

    def page(self, shard: int, after: int, limit: int, size: int) -> list[Stored]:
        """Up to `limit` records after a position, stopping at `size` bytes (one at least)."""
        first = shard * POSITIONS
        page: list[Stored] = []
        with self._database.reading() as reader:
            rows = reader.execute(
                "SELECT id - ?, arrived, partition_key, data FROM records "
                "WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
                (first, first + min(after, POSITIONS - 1), first + POSITIONS, limit),
            )
            while size >= 0 and (some := rows.fetchmany(ROWS)):
                size -= sum(len(data) + len(key) for _, _, key, data in some)
                page += map(Stored._make, some)
            while size < 0 and len(page) > 1:
                last = page.pop()
                size += len(last.data) + len(last.partition_key)
            rows.close()
        return page

    def position_before(self, shard: int, moment: int) -> int:
        """The last position that arrived before `moment` (ms). Arrivals grow, so it's halved."""
        first = shard * POSITIONS
        with self._database.reading() as reader:
            row = reader.execute(
                "SELECT min(id) FROM records WHERE id > ? AND id < ?", (first, first + POSITIONS)
            ).fetchone()
            high = self.head(shard).position + 1
            low = row[0] - first if row[0] is not None else high
            while low < high:
                middle = (low + high) // 2
                # A record trimmed meanwhile is older than all that are looked for.
                found = reader.execute(
                    "SELECT arrived FROM records WHERE id = ?", (first + middle,)
                ).fetchone()
                if found is None or found[0] < moment:
                    low = middle + 1
                else:
                    high = middle
        return low - 1

    def trim(self, shard: int, before: int) -> int:
        """Remove what arrived before a moment (ms), the newest record excepted; how many."""
        last = min(self.position_before(shard, before), self.head(shard).position - 1)
        return self._remove(shard, last)

    def wait(
        self,
        shard: int,
        position: int,
        timeout: float,
        unless: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Wait until there's a record after a position, `wake`, or the timeout; is there one?

        Who makes `unless` true and calls `wake` then ends the wait for sure.
        """
        head = self.head(shard)
        with head.changed:
            if head.position <= position and not unless():
                head.changed.wait(timeout)
            return head.position > position

    def wake(self, shards: Iterable[int]) -> None:
        """Have waiting readers look again: their shard was closed or deleted."""
        for shard in shards:
            if head := self._heads.get(shard):
                with head.changed:
                    head.changed.notify_all()

    def remove_orphans(self) -> None:
        """Remove the records of deleted streams, this one's or an interrupted process's."""
        with self._database.reading() as reader:
            orphans = reader.execute("SELECT shard FROM orphans").fetchall()
        for (shard,) in orphans:
            self._remove(shard, POSITIONS - 1)
            with self._database.writing() as writer:
                writer.execute("DELETE FROM orphans WHERE shard = ?", (shard,))
            self._heads.pop(shard, None)

    def _remove(self, shard: int, last: int) -> int:
        first, removed = shard * POSITIONS, 0
        while True:
            with self._database.writing() as writer:
                cursor = writer.execute(
                    "DELETE FROM records WHERE id IN (SELECT id FROM records "
                    "WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)",
                    (first, first + last, CHUNK),
                )
                removed += cursor.rowcount
                if cursor.rowcount < CHUNK:
                    return removed

    def _advance(self, shard: int, position: int, arrived: int) -> None:
        head = self.head(shard)
        with head.changed:
            if position > head.position:
                head.position, head.arrived = position, arrived
                head.changed.notify_all()
