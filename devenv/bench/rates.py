"""How many records per second Kinesis takes and gives, through boto3, on one connection."""

import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from devenv.aws import Aws

if TYPE_CHECKING:
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

DATA = b'{"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, "ride_id": 1}'
ENTRIES = 500
PAGE = 1000


def put_record_rate(aws: Aws, stream: str, seconds: float) -> float:
    """Records per second, one `PutRecord` after the other."""

    def put(number: int) -> int:
        aws.kinesis.put_record(StreamName=stream, Data=DATA, PartitionKey=str(number))
        return 1

    return _rate(put, seconds)


def put_records_rate(aws: Aws, stream: str, seconds: float) -> float:
    """Records per second, one `PutRecords` of 500 after the other."""
    entries: list[PutRecordsRequestEntryTypeDef] = [
        {"Data": DATA, "PartitionKey": str(number)} for number in range(ENTRIES)
    ]

    def put(_: int) -> int:
        answer = aws.kinesis.put_records(StreamName=stream, Records=entries)
        return ENTRIES - answer.get("FailedRecordCount", 0)

    return _rate(put, seconds)


def get_records_rate(aws: Aws, stream: str, seconds: float) -> float:
    """Records per second, one `GetRecords` of up to 1,000 after the other, from the beginning of
    the stream's only shard, and over again at its end."""
    [shard] = aws.kinesis.list_shards(StreamName=stream)["Shards"]
    iterator: str | None = None

    def get(_: int) -> int:
        nonlocal iterator
        if iterator is None:
            iterator = aws.kinesis.get_shard_iterator(
                StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        page = aws.kinesis.get_records(ShardIterator=iterator, Limit=PAGE)
        full = len(page["Records"]) == PAGE
        iterator = page["NextShardIterator"] if full else None
        return len(page["Records"])

    return _rate(get, seconds)


def _rate(work: Callable[[int], int], seconds: float) -> float:
    """Do `work` for about so long; it says how many records it moved."""
    began, moved = time.perf_counter(), 0
    for number in count():
        moved += work(number)
        if (passed := time.perf_counter() - began) >= seconds:
            return moved / passed
    raise AssertionError("unreachable")
