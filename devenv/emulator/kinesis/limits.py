"""AWS's limits of a shard, per second; enforced if DEVENV_KINESIS_LIMITS is on."""

import threading
from dataclasses import dataclass, field

MIB = 1024 * 1024
RECORDS_IN = 1000
BYTES_IN = MIB
READS = 5
BYTES_OUT = 2 * MIB


@dataclass
class Usage:
    """Of one shard in one second. Bytes out may run up a debt that later seconds pay off."""

    second: int
    records: int = 0
    bytes_in: int = 0
    reads: int = 0
    bytes_out: int = 0


@dataclass
class Limits:
    _usage: dict[int, Usage] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit_write(self, shard: int, size: int, now: float) -> bool:
        """Count a record of `size` bytes. Return False if that is over the limit of this second."""
        with self._lock:
            usage = self._now(shard, now)
            if usage.records >= RECORDS_IN or usage.bytes_in + size > BYTES_IN:
                return False
            usage.records += 1
            usage.bytes_in += size
            return True

    def admit_read(self, shard: int, now: float) -> bool:
        """Count a GetRecords call. Return False if that is over the limit of this second."""
        with self._lock:
            usage = self._now(shard, now)
            if usage.reads >= READS or usage.bytes_out >= BYTES_OUT:
                return False
            usage.reads += 1
            return True

    def charge_read(self, shard: int, size: int, now: float) -> None:
        """Count the bytes that were read: 10 MiB at once are allowed, and stop reading for 5 s."""
        with self._lock:
            self._now(shard, now).bytes_out += size

    def _now(self, shard: int, now: float) -> Usage:
        usage = self._usage.setdefault(shard, Usage(int(now)))
        if (passed := int(now) - usage.second) > 0:
            usage.second = int(now)
            usage.records = usage.bytes_in = usage.reads = 0
            usage.bytes_out = max(0, usage.bytes_out - passed * BYTES_OUT)
        return usage
