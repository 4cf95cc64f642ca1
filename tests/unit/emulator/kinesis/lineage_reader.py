"""Reads a stream as consumers do: shards by their iterators, children after all their parents."""

from dataclasses import dataclass, field, replace
from typing import Any

from kinesis_api import Api
from localstack.aws.api import ServiceException


@dataclass
class LineageReader:
    """Begins with the shards that have no parents; of the others it learns from `ChildShards`."""

    api: Api
    iterators: dict[str, str] = field(default_factory=dict)
    """Of the shards that are being read."""
    last: dict[str, str] = field(default_factory=dict)
    """Each shard's last sequence number read."""
    finished: set[str] = field(default_factory=set)
    records: list[Any] = field(default_factory=list)

    def begin(self) -> "LineageReader":
        for shard in self.api("ListShards", StreamName="s")["Shards"]:
            if "ParentShardId" not in shard:
                self._open(shard["ShardId"])
        return self

    def read(self, shard: str, limit: int) -> bool:
        """A page; whether there may be more, here or in children. A failed read changes nothing."""
        try:
            page = self.api("GetRecords", ShardIterator=self.iterators[shard], Limit=limit)
        except ServiceException as e:
            if e.code != "InternalFailureException":
                raise
            return True
        for record in page["Records"]:
            number = record["SequenceNumber"]
            assert int(number) > int(self.last.get(shard, 0))
            self.last[shard] = number
        self.records += page["Records"]
        if following := page.get("NextShardIterator"):
            self.iterators[shard] = following
            return bool(page["Records"]) or page["MillisBehindLatest"] > 0
        del self.iterators[shard]
        self.finished.add(shard)
        for child in page["ChildShards"]:
            if self.finished.issuperset(child["ParentShards"]):
                self._open(child["ShardId"])
        return True

    def resume(self, shard: str) -> None:
        """Take a new iterator after the last record read, as after a crash with a checkpoint."""
        if number := self.last.get(shard):
            self.iterators[shard] = self.api.iterator(
                "AFTER_SEQUENCE_NUMBER", shard, StartingSequenceNumber=number
            )

    def drain(self, limit: int = 7) -> "LineageReader":
        """Read all there is."""
        while sum(self.read(shard, limit) for shard in list(self.iterators)):
            pass
        return self

    def moved_to(self, api: Api) -> "LineageReader":
        """The same reader of a restarted service; its iterators stay good."""
        return replace(self, api=api)

    def _open(self, shard: str) -> None:
        assert shard not in self.finished
        assert shard not in self.iterators
        self.iterators[shard] = self.api.iterator(shard=shard)
