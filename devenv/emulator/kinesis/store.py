"""Streams on disk, with a copy in memory: there are few, and every request looks one up.

No rules of Kinesis's are here: the operations ask for what they need.
"""

import json
import os
import threading
from pathlib import Path

from devenv.emulator.kinesis.database import Database
from devenv.emulator.kinesis.records.storage import Records
from devenv.emulator.kinesis.streams.model import Stream, from_document, to_document


class Store:
    """Everything in one file; one process at a time may have it open."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.records = Records(self._database)
        self.changing = threading.RLock()
        """Held by who looks at a stream, decides and changes it."""
        self._streams: dict[tuple[str, str, str], Stream] = {}
        with self._database.reading() as reader:
            for (document,) in reader.execute("SELECT document FROM streams"):
                stream = from_document(json.loads(document))
                self._streams[stream.account, stream.region, stream.name] = stream
        self.secret = self._secret()
        self.records.remove_orphans()

    @property
    def database(self) -> Database:
        """For what is kept beside the records: the mappings' checkpoints."""
        return self._database

    def stream(self, account: str, region: str, name: str) -> Stream | None:
        return self._streams.get((account, region, name))

    def streams(self, account: str, region: str) -> list[Stream]:
        """All streams of an account in a region, by name."""
        found = [
            s for s in list(self._streams.values()) if (s.account, s.region) == (account, region)
        ]
        return sorted(found, key=lambda stream: stream.name)

    def stream_ids(self) -> list[int]:
        return [stream.id for stream in list(self._streams.values())]

    def save(self, stream: Stream) -> None:
        """Add a stream, or change the one with its id."""
        document = json.dumps(to_document(stream))
        with self.changing:
            with self._database.writing() as writer:
                writer.execute(
                    "INSERT OR REPLACE INTO streams VALUES (?, ?)", (stream.id, document)
                )
            self._streams[stream.account, stream.region, stream.name] = stream
        self.records.wake(shard.key for shard in stream.shards)

    def remove(self, stream: Stream) -> None:
        """Delete a stream; its records go in the time it takes, even if interrupted."""
        with self.changing:
            with self._database.writing() as writer:
                writer.execute("DELETE FROM streams WHERE id = ?", (stream.id,))
                writer.executemany(
                    "INSERT INTO orphans VALUES (?)", [(shard.key,) for shard in stream.shards]
                )
            del self._streams[stream.account, stream.region, stream.name]
        self.records.wake(shard.key for shard in stream.shards)
        self.records.remove_orphans()

    def new_keys(self, count: int) -> range:
        """Numbers that no stream or shard has had before."""
        with self._database.writing() as writer:
            (last,) = writer.execute(
                "INSERT INTO counters VALUES ('keys', ?) ON CONFLICT (name) "
                "DO UPDATE SET value = value + excluded.value RETURNING value",
                (count,),
            ).fetchone()
        return range(last - count + 1, last + 1)

    def close(self) -> None:
        self._database.close()

    def _secret(self) -> bytes:
        """What iterators are signed with; kept, so that they outlive the process."""
        with self._database.writing() as writer:
            writer.execute(
                "INSERT OR IGNORE INTO secrets VALUES ('iterators', ?)", (os.urandom(32),)
            )
            (value,) = writer.execute("SELECT value FROM secrets").fetchone()
        return bytes(value)
