"""Records in: `PutRecord` and `PutRecords`."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)

from devenv.emulator.kinesis.records import sequence_numbers, trimming
from devenv.emulator.kinesis.records.storage import New
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams.hash_keys import MAX_HASH_KEY, hash_key
from devenv.emulator.kinesis.streams.model import Shard, Stream
from devenv.emulator.kinesis.wire.errors import shown_blob, validation_error, violation

MAX_REQUEST_BYTES = 10 * 1024 * 1024


class Entry(NamedTuple):
    """A record on its way in. A tuple, as hundreds are made at a time."""

    explicit_hash_key: int | None
    partition_key: str
    data: bytes
    size: int
    """Of data and key together, as all limits count it."""


@dataclass(frozen=True)
class Failure:
    code: str
    message: str


def put_record(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    ordering = request.get("SequenceNumberForOrdering")
    if ordering is not None and sequence_numbers.parse(ordering) is None:
        raise InvalidArgumentException(
            f"ExclusiveMinimumSequenceNumber {ordering} used in PutRecord on stream "
            f"{request.get('StreamName')} under account {caller.account} is invalid."
        )
    entry = _entry(request)
    stream = kinesis.find_stream(caller, request)
    _check_sizes(stream, {"data": entry})
    [result] = _put(kinesis, caller, request, [entry])
    if isinstance(result, Failure):
        raise ProvisionedThroughputExceededException(result.message)
    return {**result, **encryption(stream)}


def put_records(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """Each record by itself: those that fail are named, the others are in."""
    entries = [_entry(record) for record in request["Records"]]
    stream = kinesis.find_stream(caller, request)
    sizes = [entry.size for entry in entries]
    if max(sizes) > stream.max_record_kib * 1024:
        numbered = enumerate(entries, 1)
        _check_sizes(stream, {f"records.{n}.member.data": entry for n, entry in numbered})
    if sum(sizes) > MAX_REQUEST_BYTES:
        raise InvalidArgumentException("Records size exceeds 10 MB limit")
    results = _put(kinesis, caller, request, entries)
    return {
        "FailedRecordCount": sum(isinstance(result, Failure) for result in results),
        "Records": [
            {"ErrorCode": result.code, "ErrorMessage": result.message}
            if isinstance(result, Failure)
            else result
            for result in results
        ],
        **encryption(stream),
    }


def encryption(stream: Stream) -> Response:
    """What a response says about it: nothing unless it's on."""
    return {} if stream.encryption == "NONE" else {"EncryptionType": stream.encryption}


def _put(
    kinesis: Kinesis, caller: Caller, request: Request, entries: Sequence[Entry]
) -> list[Response | Failure]:
    """Store what isn't refused. Under the lock, so that no shard is closed meanwhile."""
    with kinesis.store.changing:
        stream = kinesis.find_stream(caller, request)
        now = kinesis.clock()
        shards = sorted(stream.open_shards(now), key=lambda shard: shard.range.start)
        if not shards:  # As AWS answers while a stream is CREATING.
            raise ResourceNotFoundException(
                f"Stream {stream.name} under account {stream.account} not found."
            )
        chosen = _chosen(shards, entries)
        refusals: list[Failure | None] = [None] * len(entries)
        if kinesis.options.refuse:
            refusals = [
                _refusal(kinesis, stream, shard, entry, now)
                for shard, entry in zip(chosen, entries, strict=True)
            ]
        new = [
            New(shard.key, entry.partition_key, entry.data)
            for shard, entry, refusal in zip(chosen, entries, refusals, strict=True)
            if refusal is None
        ]
        places = iter(kinesis.store.records.append(new, int(now * 1000)))
    for shard in shards:
        trimming.trim_if_due(kinesis, stream, shard)
    named = {s.key: (s.id, sequence_numbers.prefix(s.number, s.created)) for s in shards}
    results: list[Response | Failure] = []
    for shard, refusal in zip(chosen, refusals, strict=True):
        if refusal is None:
            position, arrived = next(places)
            shard_id, prefix = named[shard.key]
            sequence = sequence_numbers.text(prefix, position, arrived // 1000)
            results.append({"SequenceNumber": sequence, "ShardId": shard_id})
        else:
            results.append(refusal)
    return results


def _chosen(shards: Sequence[Shard], entries: Sequence[Entry]) -> list[Shard]:
    """The shard of each entry, of open shards in the order of their ranges."""
    if len(shards) == 1:
        return [shards[0]] * len(entries)
    starts = [shard.range.start for shard in shards]
    chosen = []
    for entry in entries:
        place = entry.explicit_hash_key
        if place is None:
            place = hash_key(entry.partition_key)
        chosen.append(shards[bisect_right(starts, place) - 1])
    return chosen


def _refusal(
    kinesis: Kinesis, stream: Stream, shard: Shard, entry: Entry, now: float
) -> Failure | None:
    options = kinesis.options
    throttled = options.enforce_throughput and not kinesis.limits.admit_write(
        shard.key, entry.size, now
    )
    if throttled or (options.fault_rate and kinesis.chance() < options.fault_rate):
        return Failure("ProvisionedThroughputExceededException", rate_exceeded(stream, shard))
    return None


def rate_exceeded(stream: Stream, shard: Shard) -> str:
    return (
        f"Rate exceeded for shard {shard.id} in stream {stream.name} under account "
        f"{stream.account}."
    )


def _entry(record: Request) -> Entry:
    key, data = record["PartitionKey"], record["Data"]
    size = len(data) + (len(key) if key.isascii() else len(key.encode()))
    explicit = record.get("ExplicitHashKey")
    if explicit is None:
        return Entry(None, key, data, size)
    if int(explicit) > MAX_HASH_KEY:
        raise InvalidArgumentException(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    return Entry(int(explicit), key, data, size)


def _check_sizes(stream: Stream, entries: Mapping[str, Entry]) -> None:
    """Data and partition key together must fit the stream's record size. Entries by their place."""
    limit = stream.max_record_kib * 1024
    constraint = f"Member must have length less than or equal to {limit}"
    violations = [
        violation(shown_blob(entry.data), place, constraint)
        for place, entry in entries.items()
        if entry.size > limit
    ]
    if violations:
        raise validation_error(violations)
