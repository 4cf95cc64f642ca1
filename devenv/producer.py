"""Putting records on a stream: in batches, and again for those entries that failed.

`PutRecords` can succeed in part: an entry with an ErrorCode wasn't stored, the others were. Only
the failed ones are sent again, so nothing is doubled by us.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from devenv.aws import Aws
from devenv.errors import DevenvError

if TYPE_CHECKING:
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

ENTRIES_PER_CALL = 500
BYTES_PER_CALL = 5 * 1024 * 1024
"""Half of what PutRecords takes, so that a call stays short."""

ATTEMPTS = 8
FIRST_PAUSE = 0.1
"""Seconds before failed entries are sent again; doubles each time, with jitter."""


@dataclass(frozen=True)
class Record:
    data: bytes
    partition_key: str


@dataclass(frozen=True)
class Put:
    """Where one record went."""

    record: Record
    shard_id: str
    sequence_number: str


def put_records(
    stream: str, records: Iterable[Record], aws: Aws, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Put]:
    """Put all `records`, in order, yielding where each went.

    Raises `DevenvError` naming Kinesis's error once entries failed `ATTEMPTS` times; what was
    yielded before is stored.
    """
    for entries in batched(records, ENTRIES_PER_CALL, strict=False):
        for batch in _by_bytes(entries):
            yield from _put_batch(stream, batch, aws, sleep)


def _by_bytes(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        length = len(record.data) + len(record.partition_key.encode())
        if batch and size + length > BYTES_PER_CALL:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def _put_batch(
    stream: str, batch: list[Record], aws: Aws, sleep: Callable[[float], None]
) -> list[Put]:
    """Put one batch; the result is in the batch's order."""
    done: dict[int, Put] = {}
    pending = list(range(len(batch)))
    pause = FIRST_PAUSE
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(pause * random.uniform(0.5, 1.0))
            pause *= 2
        entries = [_entry(batch[i]) for i in pending]
        answers = aws.kinesis.put_records(StreamName=stream, Records=entries)["Records"]
        failed = []
        for index, answer in zip(pending, answers, strict=True):
            if "ErrorCode" in answer:
                failed.append((index, answer))
            else:
                done[index] = Put(batch[index], answer["ShardId"], answer["SequenceNumber"])
        if not failed:
            return [done[i] for i in sorted(done)]
        pending = [index for index, _ in failed]
    first = failed[0][1]
    raise DevenvError(
        f"{len(pending)} of {len(batch)} records were refused by {stream} at {aws.endpoint} "
        f"{ATTEMPTS} times; {len(done)} were stored. Kinesis says: {first['ErrorCode']}: "
        f"{first.get('ErrorMessage', '')}"
    )


def _entry(record: Record) -> "PutRecordsRequestEntryTypeDef":
    return {"Data": record.data, "PartitionKey": record.partition_key}
