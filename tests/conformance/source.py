"""A stream under test: put to, and watched."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from devenv.wait import wait_for

from .observed import Watch

HASH_KEYS = 2**128


@dataclass
class Source:
    """A stream, with the queue that the witness tells of it."""

    kinesis: Any
    """Kinesis's client."""
    on_aws: bool
    name: str
    watch: Watch

    @cached_property
    def arn(self) -> str:
        return str(self.active()["StreamARN"])

    def put(
        self, *records: object, key: str = "key", shard: int | None = None, of: int = 1
    ) -> list[str]:
        """Records in one request, in order; their sequence numbers.

        A record is an id, a dict (`{"id": …, "do": …}`, told as it is) or bytes. `shard` of `of`
        equal ones is chosen by hash key.
        """
        where = {} if shard is None else {"ExplicitHashKey": str(HASH_KEYS // of * shard)}
        entries = [{"Data": encoded(r), "PartitionKey": key, **where} for r in records]
        return self.put_entries(entries)

    def put_keyed(self, *records: tuple[str, object]) -> list[str]:
        """Records under keys of their own, in one request."""
        return self.put_entries([{"Data": encoded(r), "PartitionKey": key} for key, r in records])

    def put_entries(self, entries: list[dict[str, Any]]) -> list[str]:
        answer = self.kinesis.put_records(StreamName=self.name, Records=entries)
        assert answer["FailedRecordCount"] == 0, answer
        return [entry["SequenceNumber"] for entry in answer["Records"]]

    def active(self) -> dict[str, Any]:
        """The stream's summary, once it is ACTIVE."""

        def probe() -> dict[str, Any] | None:
            answer = self.kinesis.describe_stream_summary(StreamName=self.name)
            found = answer["StreamDescriptionSummary"]
            return dict(found) if found["StreamStatus"] == "ACTIVE" else None

        return wait_for(probe, timeout=120, failure=f"{self.name} is not ACTIVE")

    def shards(self) -> list[str]:
        answer = self.kinesis.list_shards(StreamName=self.name)
        return sorted(shard["ShardId"] for shard in answer["Shards"])


def encoded(record: object) -> bytes:
    if isinstance(record, bytes):
        return record
    return json.dumps(record if isinstance(record, dict) else {"id": record}).encode()
