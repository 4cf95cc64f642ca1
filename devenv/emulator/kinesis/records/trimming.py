"""Old records leave the disk a little after they left the stream."""

from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.streams.model import Shard, Stream

EVERY_SECONDS = 10.0


def trim_if_due(kinesis: Kinesis, stream: Stream, shard: Shard) -> None:
    """Called by whoever puts or reads: a shard that nobody touches needs no trimming."""
    now = kinesis.clock()
    last = kinesis.trimmed.setdefault(shard.key, now)
    if now - last >= EVERY_SECONDS:
        kinesis.trimmed[shard.key] = now
        kinesis.store.records.trim(shard.key, horizon(stream, now))


def horizon(stream: Stream, now: float) -> int:
    """The moment (ms) before which records have expired."""
    return int((now - stream.retention_hours * 3600) * 1000)
