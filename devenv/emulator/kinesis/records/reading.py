"""Records out: `GetShardIterator` and `GetRecords`."""

import math
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from localstack.aws.api.kinesis import (
    ExpiredIteratorException,
    InternalFailureException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)

from devenv.emulator.kinesis.records import sequence_numbers, trimming
from devenv.emulator.kinesis.records.iterators import LIFETIME_MS, ShardIterator, decode, encode
from devenv.emulator.kinesis.records.positions import starting_position
from devenv.emulator.kinesis.records.storage import Stored
from devenv.emulator.kinesis.records.writing import encryption, rate_exceeded
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams import shard_listing
from devenv.emulator.kinesis.streams.model import Shard, Stream, shard_id
from devenv.emulator.kinesis.wire.timestamps import timestamp

type Shown = Callable[[Stream, Shard, Sequence[Stored]], list[Response]]

MAX_RECORDS = 10_000
MAX_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    """What a read gave, and where the next one goes on."""

    records: Sequence[Stored]
    position: int
    behind: int
    """Milliseconds behind the shard's newest record."""
    finished: bool
    """Whether the shard is closed and all of it has been read."""


def get_shard_iterator(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    stream = kinesis.find_stream(caller, request)
    shard = kinesis.shard(stream, request["ShardId"])
    position = starting_position(kinesis, stream, shard, request)
    return {"ShardIterator": _token(kinesis, stream, shard, position)}


def get_records(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    return _get_records(kinesis, caller, request, shown_records)


def get_records_for_json(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """The same with data in base64 and arrivals in seconds: thousands need no second look."""
    return _get_records(kinesis, caller, request, _shown_for_json)


def _get_records(kinesis: Kinesis, caller: Caller, request: Request, shown: Shown) -> Response:
    stream, shard, position = _resolve(kinesis, caller, request)
    _refuse(kinesis, stream, shard)
    page = read_page(kinesis, stream, shard, position, request.get("Limit", MAX_RECORDS))
    if kinesis.options.enforce_throughput:
        size = sum(len(r.data) + len(r.partition_key) for r in page.records)
        kinesis.limits.charge_read(shard.key, size, kinesis.clock())
    response: Response = {
        "Records": shown(stream, shard, page.records),
        "MillisBehindLatest": page.behind,
    }
    if page.finished:
        response["ChildShards"] = shard_listing.children(stream, shard, kinesis.clock())
    else:
        response["NextShardIterator"] = _token(kinesis, stream, shard, page.position)
    return response


def read_page(kinesis: Kinesis, stream: Stream, shard: Shard, position: int, limit: int) -> Page:
    """Up to `limit` records after `position` that have not expired."""
    trimming.trim_if_due(kinesis, stream, shard)
    records, now = kinesis.store.records, kinesis.clock()
    horizon = trimming.horizon(stream, now)
    page = records.page(shard.key, position, limit, MAX_BYTES)
    if page and page[0].arrived < horizon:
        position = records.position_before(shard.key, horizon)
        page = records.page(shard.key, position, limit, MAX_BYTES)
    closed = shard.is_closed(now)
    if closed:  # A put that began before has ended once the lock is free.
        with kinesis.store.changing:
            newest = records.head(shard.key).position
    else:
        newest = records.head(shard.key).position
    position = page[-1].position if page else position
    behind = 0
    if page and position < newest:
        behind = max(0, int(now * 1000) - page[-1].arrived)
    return Page(page, position, behind, finished=closed and position >= newest)


def shown_records(stream: Stream, shard: Shard, records: Sequence[Stored]) -> list[Response]:
    prefix = sequence_numbers.prefix(shard.number, shard.created)
    extra = encryption(stream)
    return [
        {
            "SequenceNumber": sequence_numbers.text(
                prefix, record.position, record.arrived // 1000
            ),
            "ApproximateArrivalTimestamp": timestamp(record.arrived / 1000),
            "Data": record.data,
            "PartitionKey": record.partition_key,
            **extra,
        }
        for record in records
    ]


def _shown_for_json(stream: Stream, shard: Shard, records: Sequence[Stored]) -> list[Response]:
    prefix = sequence_numbers.prefix(shard.number, shard.created)
    extra = encryption(stream)
    return [
        {
            "SequenceNumber": sequence_numbers.text(prefix, position, arrived // 1000),
            "ApproximateArrivalTimestamp": arrived / 1000,
            "Data": b2a_base64(data, newline=False).decode("ascii"),
            "PartitionKey": partition_key,
            **extra,
        }
        for position, arrived, partition_key, data in records
    ]


def _resolve(kinesis: Kinesis, caller: Caller, request: Request) -> tuple[Stream, Shard, int]:
    """What the iterator stands for, if it's one of ours, fresh, and its stream's still there."""
    iterator = decode(request["ShardIterator"], kinesis.store.secret)
    now = int(kinesis.clock() * 1000)
    if iterator is None:
        raise InvalidArgumentException("Invalid ShardIterator.")
    if now - iterator.created > LIFETIME_MS:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {_in_words(iterator.created)} "
            f"while right now it is {_in_words(now)} which is further in the future than the "
            f"tolerated delay of {LIFETIME_MS} milliseconds."
        )
    if arn := request.get("StreamARN"):
        stream: Stream | None = kinesis.by_arn(caller, arn)
    else:
        stream = kinesis.store.stream(caller.account, caller.region, iterator.stream_name)
    shard = stream.shard(iterator.shard) if stream else None
    if stream is None or shard is None or stream.id != iterator.stream_id:
        raise ResourceNotFoundException(
            f"Shard {shard_id(iterator.shard)} in stream {iterator.stream_name} under account "
            f"{caller.account} does not exist"
        )
    return stream, shard, iterator.position


def _refuse(kinesis: Kinesis, stream: Stream, shard: Shard) -> None:
    options = kinesis.options
    if options.enforce_throughput and not kinesis.limits.admit_read(shard.key, kinesis.clock()):
        raise ProvisionedThroughputExceededException(rate_exceeded(stream, shard))
    if options.fault_rate and kinesis.chance() < options.fault_rate:
        raise InternalFailureException("Injected by DEVENV_KINESIS_FAULT_RATE.")


def _token(kinesis: Kinesis, stream: Stream, shard: Shard, position: int) -> str:
    created = math.floor(kinesis.clock() * 1000)
    iterator = ShardIterator(created, stream.id, stream.name, shard.number, position)
    return encode(iterator, kinesis.store.secret)


def _in_words(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.strftime("%a %b %d %H:%M:%S UTC %Y")
