"""Reading a stream: all its shards, as records come, through splits and merges."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from botocore.exceptions import ClientError

from devenv.aws import Aws, error_code

Position = Literal["LATEST", "TRIM_HORIZON"]

INTERVAL = 0.21
"""Seconds between two reads of a shard on AWS, which allows five a second."""
SHORTEST, LONGEST, GROWTH = 0.001, 0.05, 2.0
"""Elsewhere: seconds until the second look for a record, at most, and how they grow from the one to
the other while nothing comes. Nothing is waited for while there is a backlog."""
GATHERED = 0.005
"""Seconds in which more records are left to come after some that were the last ones."""

PAGE = 10_000
"""Records that GetRecords gives at most."""


@dataclass(frozen=True)
class Read:
    """One record as it was read."""

    shard_id: str
    sequence_number: str
    partition_key: str
    data: bytes
    arrived: datetime


@dataclass
class _Shard:
    shard_id: str
    position: Position
    """Where it's read from; children of a shard that ended, always from their beginning."""
    iterator: str | None
    last_sequence: str | None = None
    behind: bool = False
    """Whether there were records after those that were read."""
    pending: deque[Read] = field(default_factory=deque)
    """What was read and not yet yielded."""


class StreamReader:
    """Reads every shard of `stream` from `position`, at most `page` records at a time. Iterators
    are taken at once, so that with LATEST nothing put after construction is missed."""

    def __init__(
        self,
        stream: str,
        position: Position,
        aws: Aws,
        sleep: Callable[[float], None] = time.sleep,
        page: int = PAGE,
    ) -> None:
        self._stream = stream
        self._aws = aws
        self._sleep = sleep
        self._page = page
        self._shards: dict[str, _Shard] = {}
        for shard_id in self._shard_ids():
            self._open(shard_id, position)

    def read(self, until: Callable[[], bool] = lambda: False) -> Iterator[Read]:
        """Yield records, shard by shard in order, until `until()` says so between two rounds. A
        further call goes on after the last record that was taken."""
        pause = SHORTEST
        while not until():
            found = False
            for shard in list(self._shards.values()):
                if not shard.pending:
                    self._read_page(shard)
                while shard.pending:
                    found = True
                    yield shard.pending.popleft()
            if self._aws.is_aws:
                pause = INTERVAL
            elif any(shard.behind for shard in self._shards.values()):
                continue
            elif found:
                pause = GATHERED
            if not until():
                self._sleep(pause)
                pause = min(pause * GROWTH, max(pause, LONGEST))

    def _read_page(self, shard: _Shard) -> None:
        shard.behind = False
        if shard.iterator is None:
            return
        try:
            page = self._aws.kinesis.get_records(ShardIterator=shard.iterator, Limit=self._page)
        except ClientError as error:
            if error_code(error) == "ExpiredIteratorException":
                self._reopen(shard)
                return
            if error_code(error) == "ProvisionedThroughputExceededException":
                return
            raise
        for record in page["Records"]:
            shard.last_sequence = record["SequenceNumber"]
            shard.pending.append(
                Read(
                    shard.shard_id,
                    record["SequenceNumber"],
                    record["PartitionKey"],
                    record["Data"],
                    record["ApproximateArrivalTimestamp"],
                )
            )
        shard.behind = page["MillisBehindLatest"] > 0
        shard.iterator = page.get("NextShardIterator")
        if shard.iterator is None:
            self._open_children()

    def _reopen(self, shard: _Shard) -> None:
        """A new iterator in place of one that expired (they live 5 minutes)."""
        if shard.last_sequence is None:
            self._open(shard.shard_id, shard.position)
            return
        answer = self._aws.kinesis.get_shard_iterator(
            StreamName=self._stream,
            ShardId=shard.shard_id,
            ShardIteratorType="AFTER_SEQUENCE_NUMBER",
            StartingSequenceNumber=shard.last_sequence,
        )
        shard.iterator = answer["ShardIterator"]

    def _open(self, shard_id: str, position: Position) -> None:
        answer = self._aws.kinesis.get_shard_iterator(
            StreamName=self._stream, ShardId=shard_id, ShardIteratorType=position
        )
        self._shards[shard_id] = _Shard(shard_id, position, answer["ShardIterator"])

    def _open_children(self) -> None:
        """A shard is at its end: whatever shards are new are read from their beginning."""
        for shard_id in self._shard_ids():
            if shard_id not in self._shards:
                self._open(shard_id, "TRIM_HORIZON")

    def _shard_ids(self) -> list[str]:
        shards = []
        answer = self._aws.kinesis.list_shards(StreamName=self._stream)
        shards += answer["Shards"]
        while token := answer.get("NextToken"):
            answer = self._aws.kinesis.list_shards(NextToken=token)
            shards += answer["Shards"]
        return [shard["ShardId"] for shard in shards]
