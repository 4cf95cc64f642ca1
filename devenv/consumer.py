"""Reading a stream: all its shards, as records come, through splits and merges."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from devenv.aws import Aws, error_code
from devenv.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_kinesis.type_defs import GetShardIteratorInputTypeDef, ShardTypeDef

Position = Literal["LATEST", "TRIM_HORIZON"]
StartType = Literal[
    "LATEST", "TRIM_HORIZON", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"
]
"""AWS's five ways of saying where reading begins."""

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
class Start:
    """Where reading begins. A sequence number is a record's of one shard: then that shard alone is
    read, and those that it is split or merged into."""

    type: StartType = "TRIM_HORIZON"
    sequence_number: str | None = None
    timestamp: datetime | None = None

    @property
    def is_in_one_shard(self) -> bool:
        return self.type.endswith("SEQUENCE_NUMBER")

    def of(self, stream: str, shard_id: str) -> "GetShardIteratorInputTypeDef":
        """The request for a shard's iterator."""
        asked: GetShardIteratorInputTypeDef = {
            "StreamName": stream,
            "ShardId": shard_id,
            "ShardIteratorType": self.type,
        }
        if self.sequence_number is not None:
            asked["StartingSequenceNumber"] = self.sequence_number
        if self.timestamp is not None:
            asked["Timestamp"] = self.timestamp
        return asked


FROM_THE_BEGINNING = Start()


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
    start: Start
    """Where it's read from; children of a shard that ended, always from their beginning."""
    iterator: str | None
    last_sequence: str | None = None
    behind: bool = False
    """Whether there were records after those that were read."""
    at_end: bool = False
    """Whether the last look found nothing after what it brought."""
    pending: deque[Read] = field(default_factory=deque)
    """What was read and not yet yielded."""


class StreamReader:
    """Reads every shard of `stream` from `position`, at most `page` records at a time. Iterators
    are taken at once, so that with LATEST nothing put after construction is missed.

    With `shard_id`, that shard alone and what it is split or merged into. Raises `BadInput` for a
    sequence number that is no shard's, or may be several's.
    """

    def __init__(
        self,
        stream: str,
        position: Position | Start,
        aws: Aws,
        sleep: Callable[[float], None] = time.sleep,
        page: int = PAGE,
        shard_id: str | None = None,
    ) -> None:
        self._stream = stream
        self._aws = aws
        self._sleep = sleep
        self._page = page
        self._shards: dict[str, _Shard] = {}
        start = position if isinstance(position, Start) else Start(position)
        self._in_one_shard = shard_id is not None or start.is_in_one_shard
        if shard_id is not None:
            self._open(shard_id, start)
        elif start.is_in_one_shard:
            self._open_by_number(start)
        else:
            for shard in self._shard_ids():
                self._open(shard, start)

    @property
    def is_at_end(self) -> bool:
        """Whether the last look at each shard found nothing after what has been read."""
        return all(shard.at_end and not shard.pending for shard in self._shards.values())

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
                pause = min(pause * GROWTH, LONGEST)

    def _read_page(self, shard: _Shard) -> None:
        shard.behind = shard.at_end = False
        if shard.iterator is None:
            shard.at_end = True
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
        shard.at_end = not shard.behind or shard.iterator is None
        if shard.iterator is None:
            self._open_children()

    def _reopen(self, shard: _Shard) -> None:
        """A new iterator in place of one that expired (they live 5 minutes)."""
        if shard.last_sequence is None:
            self._open(shard.shard_id, shard.start)
            return
        answer = self._aws.kinesis.get_shard_iterator(
            StreamName=self._stream,
            ShardId=shard.shard_id,
            ShardIteratorType="AFTER_SEQUENCE_NUMBER",
            StartingSequenceNumber=shard.last_sequence,
        )
        shard.iterator = answer["ShardIterator"]

    def _open(self, shard_id: str, start: Start) -> None:
        answer = self._aws.kinesis.get_shard_iterator(**start.of(self._stream, shard_id))
        self._shards[shard_id] = _Shard(shard_id, start, answer["ShardIterator"])

    def _open_by_number(self, start: Start) -> None:
        """The shard that the sequence number is of: each other one refuses it."""
        for shard_id in self._shard_ids():
            try:
                self._open(shard_id, start)
            except ClientError as error:
                if error_code(error) != "InvalidArgumentException":
                    raise
        if len(self._shards) != 1:
            found = ", ".join(self._shards) or "none"
            raise BadInput(
                f"{start.sequence_number} should be a record's of one shard of {self._stream}; "
                f"those that take it: {found}. Name the shard, or start elsewhere."
            )

    def _open_children(self) -> None:
        """A shard is at its end: whatever shards are new are read from their beginning; of one
        shard, those that came of it."""
        for shard in self._list_shards():
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")}
            if shard["ShardId"] in self._shards:
                continue
            if not self._in_one_shard or parents & self._shards.keys():
                self._open(shard["ShardId"], FROM_THE_BEGINNING)

    def _shard_ids(self) -> list[str]:
        return [shard["ShardId"] for shard in self._list_shards()]

    def _list_shards(self) -> "list[ShardTypeDef]":
        shards = []
        answer = self._aws.kinesis.list_shards(StreamName=self._stream)
        shards += answer["Shards"]
        while token := answer.get("NextToken"):
            answer = self._aws.kinesis.list_shards(NextToken=token)
            shards += answer["Shards"]
        return shards
