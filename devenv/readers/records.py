"""Records of a stream: from any of AWS's five starting positions, of all shards, decoded."""

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from devenv.aws import Aws
from devenv.consumer import FROM_THE_BEGINNING, PAGE, Read, Start, StreamReader
from devenv.readers.conditions import Condition

Encoding = Literal["json", "text", "base64"]


@dataclass(frozen=True)
class Record:
    """One record with what its data says."""

    stream: str
    shard_id: str
    sequence_number: str
    partition_key: str
    arrived: datetime
    data: bytes
    value: Any
    """JSON's value, text, or base64 of what is neither."""
    encoding: Encoding


@dataclass(frozen=True)
class Query:
    """Which records."""

    stream: str
    start: Start = FROM_THE_BEGINNING
    where: Sequence[Condition] = ()
    """All have to hold. They are asked of JSON alone."""
    shard_id: str | None = None
    limit: int | None = None
    follow: bool = False
    """Whether to go on, without end, where nothing more is there."""


def read_records(
    query: Query,
    aws: Aws,
    until: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Record]:
    """Yield what is found, shard by shard in order, until `until()` says so between two rounds.

    Iterators are taken before this returns. Raises boto3's errors, and `BadInput` for a sequence
    number that is no record's of the stream.
    """
    page = PAGE if query.limit is None or query.where else min(query.limit, PAGE)
    reader = StreamReader(query.stream, query.start, aws, sleep, page, query.shard_id)

    def is_over() -> bool:
        return until() or (not query.follow and reader.is_at_end)

    return _found(query, reader.read(is_over))


def _found(query: Query, records: Iterable[Read]) -> Iterator[Record]:
    count = 0
    for read in records:
        record = decoded(query.stream, read)
        if not all(each.holds(record.value) for each in query.where):
            continue
        yield record
        count += 1
        if count == query.limit:
            return


def decoded(stream: str, read: Read) -> Record:
    value, encoding = decode(read.data)
    return Record(
        stream,
        read.shard_id,
        read.sequence_number,
        read.partition_key,
        read.arrived,
        read.data,
        value,
        encoding,
    )


def decode(data: bytes) -> tuple[Any, Encoding]:
    """What a record's bytes say, and as what they were read."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"
    try:
        return json.loads(text), "json"
    except (ValueError, RecursionError):
        return text, "text"
