"""A shard in memory, and records on their way to the function."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from devenv.emulator.kinesis.records.reading import Page
from devenv.emulator.kinesis.records.storage import Stored
from devenv.emulator.mapping.events import Record
from devenv.emulator.mapping.options import Options

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def options(**changes: Any) -> Options:
    return Options(FUNCTION, ARN, "TRIM_HORIZON", **changes)


def record(position: int, arrived: int = 0, size: int = 10) -> Record:
    return Record(position, arrived, str(position), b"x" * size)


def records(count: int) -> list[Record]:
    return [record(n) for n in range(1, count + 1)]


def encode(stored: Stored) -> Record:
    return Record(stored.position, stored.arrived, str(stored.position), stored.data)


@dataclass
class FakeShard:
    """Reads what `held` has, page by page."""

    held: list[Stored] = field(default_factory=list)
    position: int = 0
    finished: bool = False
    closed: bool = False

    def put(self, *data: bytes, arrived: int = 0, key: str = "k") -> None:
        for content in data:
            self.held.append(Stored(len(self.held) + 1, arrived, key, content))

    def read(self, limit: int) -> Page:
        page: Sequence[Stored] = self.held[self.position : self.position + limit]
        self.position += len(page)
        self.finished = self.closed and self.position == len(self.held)
        return Page(page, self.position, 0, self.finished)

    def is_mine(self, partition_key: str) -> bool:
        return partition_key != "another lane's"
