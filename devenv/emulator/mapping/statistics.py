"""What a mapping has done, per shard: for the page that `devenv status` shows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class ShardCounts:
    records: int = 0
    """Delivered; those of failed batches aren't."""
    batches: int = 0
    """Invocations that ran."""
    errors: int = 0
    retries: int = 0
    throttles: int = 0
    """Invocations that didn't run."""
    discarded: int = 0
    iterator_age_ms: int = 0
    """Of the last batch's last record, when that was sent to the function."""


@dataclass
class Statistics:
    _shards: dict[str, ShardCounts] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def of(self, shard_id: str) -> Iterator[ShardCounts]:
        """A shard's counts, to be changed."""
        with self._lock:
            yield self._shards.setdefault(shard_id, ShardCounts())

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{"shard": id, **asdict(self._shards[id])} for id in sorted(self._shards)]
