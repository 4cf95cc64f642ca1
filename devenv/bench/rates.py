"""How many records per second Kinesis takes and gives, on one connection, through boto3 but for
one: boto3 itself takes a millisecond for each call, longer than a quick endpoint."""

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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


def put_record_plain_rate(aws: Aws, stream: str, seconds: float) -> float:
    """Records per second: one boto3 made and signed request, sent over and over as it is."""
    sent: list[Any] = []

    def keep(request: Any, **_: object) -> None:  # An answer would be taken for the endpoint's.
        sent.append(request)

    events, moment = aws.kinesis.meta.events, "before-send.kinesis.PutRecord"
    events.register(moment, keep)
    aws.kinesis.put_record(StreamName=stream, Data=DATA, PartitionKey="1")
    events.unregister(moment, keep)
    request, place = sent[0], urlsplit(sent[0].url)
    connect = HTTPSConnection if place.scheme == "https" else HTTPConnection
    connection, headers = connect(place.netloc), dict(request.headers)

    def put(_: int) -> int:
        connection.request("POST", place.path, request.body, headers)
        answer = connection.getresponse()
        answer.read()
        return int(answer.status == 200)

    try:
        return _rate(put, seconds)
    finally:
        connection.close()


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
