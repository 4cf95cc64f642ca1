"""Shards are split and merged, and whole streams scaled, by the same two steps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ValidationException,
)

from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams.hash_keys import HashKeyRange, even_ranges
from devenv.emulator.kinesis.streams.lifecycle import check_shard_limit
from devenv.emulator.kinesis.streams.model import Shard, Stream

DAY = 86_400.0
RESCALES_A_DAY = 10


@dataclass(frozen=True)
class Moment:
    """When a change is made and when it shows, and where shards' keys come from."""

    now: float
    opens: float
    new_key: Callable[[], int]


def split(shards: list[Shard], parent: Shard, at: int, moment: Moment) -> list[Shard]:
    """All shards after `parent` was split into what's below `at` and the rest."""
    below = HashKeyRange(parent.range.start, at - 1)
    above = HashKeyRange(at, parent.range.end)
    children = [
        _child(len(shards) + extra, hash_range, (parent,), moment)
        for extra, hash_range in enumerate((below, above))
    ]
    return _close(shards, (parent,), moment) + children


def merge(shards: list[Shard], one: Shard, other: Shard, moment: Moment) -> list[Shard]:
    """All shards after two adjacent ones were merged; `one` is the child's ParentShardId."""
    low, high = sorted((one, other), key=lambda shard: shard.range.start)
    hash_range = HashKeyRange(low.range.start, high.range.end)
    child = _child(len(shards), hash_range, (one, other), moment)
    return _close(shards, (one, other), moment) + [child]


def rescale(shards: list[Shard], count: int, moment: Moment) -> list[Shard]:
    """All shards after those open were brought to `count` equal ones.

    As AWS does it: splits at the new bounds, then merges within them, which leaves closed
    shards between parents and children where counts aren't multiples.
    """
    wanted = even_ranges(count)
    for bound in [hash_range.start for hash_range in wanted[1:]]:
        around = next(s for s in shards if s.closes is None and bound in s.range)
        if around.range.start != bound:
            shards = split(shards, around, bound, moment)
    for hash_range in wanted:
        while len(parts := _within(shards, hash_range)) > 1:
            shards = merge(shards, parts[0], parts[1], moment)
    return shards


def split_shard(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        stream = _created(kinesis, caller, request)
        shard = kinesis.shard(stream, request["ShardToSplit"])
        check_shard_limit(kinesis, caller, 1)
        at = int(request["NewStartingHashKey"])
        if not shard.range.start + 1 < at < shard.range.end:
            raise InvalidArgumentException(
                f"NewStartingHashKey {at} used in SplitShard() on shard {shard.id} in stream "
                f"{stream.name} under account {stream.account} is not both greater than one plus "
                f"the shard's StartingHashKey {shard.range.start} and less than the shard's "
                f"EndingHashKey {shard.range.end}."
            )
        _require_open(kinesis, stream, shard)
        shards = split(list(stream.shards), shard, at, _moment(kinesis))
        kinesis.change(stream, shards=tuple(shards))
    return {}


def merge_shards(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        stream = _created(kinesis, caller, request)
        one = kinesis.shard(stream, request["ShardToMerge"])
        other = kinesis.shard(stream, request["AdjacentShardToMerge"])
        if other.range.start != one.range.end + 1:  # Recorded: the lower one is named first.
            raise InvalidArgumentException(
                f"Shards {one.id} and {other.id} in stream {stream.name} under account "
                f"{stream.account} are not an adjacent pair of shards eligible for merging"
            )
        for shard in (one, other):
            _require_open(kinesis, stream, shard)
        shards = merge(list(stream.shards), one, other, _moment(kinesis))
        kinesis.change(stream, shards=tuple(shards))
    return {}


def update_shard_count(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        now, target = kinesis.clock(), request["TargetShardCount"]
        current = len(stream.open_shards(now))
        recent = tuple(time for time in stream.rescaled if time > now - DAY)
        _check_target(stream, current, target, recent)
        check_shard_limit(kinesis, caller, target - current)
        if target != current:
            shards = rescale(list(stream.shards), target, _moment(kinesis))
            kinesis.change(stream, shards=tuple(shards), rescaled=(*recent, now))
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }


def _check_target(stream: Stream, current: int, target: int, recent: tuple[float, ...]) -> None:
    if stream.mode == "ON_DEMAND":
        raise ValidationException(
            f"Request is invalid. Stream {stream.name} under account {stream.account} is in "
            "On-Demand mode."
        )
    counts = f"Current open shard count: {current} Target shard count: {target}"
    if target > 2 * current:
        raise LimitExceededException(
            "UpdateShardCount cannot scale up over double your current open shard count. " + counts
        )
    if 2 * target < current:
        raise LimitExceededException(
            "UpdateShardCount cannot scale down below half your current open shard count. " + counts
        )
    if len(recent) >= RESCALES_A_DAY:
        raise LimitExceededException(
            f"Stream {stream.name} under account {stream.account} can be scaled "
            f"{RESCALES_A_DAY} times in 24 hours."
        )


def _moment(kinesis: Kinesis) -> Moment:
    now = kinesis.clock()
    return Moment(now, now + kinesis.options.delay, lambda: kinesis.store.new_keys(1)[0])


def _created(kinesis: Kinesis, caller: Caller, request: Request) -> Stream:
    """The named stream. While it is CREATING it has no shards to look for, and is in use
    (recorded)."""
    stream = kinesis.find_stream(caller, request)
    if stream.status_at(kinesis.clock()) == "CREATING":
        kinesis.require_active(stream)
    return stream


def _require_open(kinesis: Kinesis, stream: Stream, shard: Shard) -> None:
    kinesis.require_active(stream)
    if shard.closes is not None:
        raise InvalidArgumentException(
            f"Shard {shard.id} in stream {stream.name} under account {stream.account} has already "
            "been merged or split, and thus is not eligible for merging or splitting."
        )


def _child(
    number: int, hash_range: HashKeyRange, parents: tuple[Shard, ...], moment: Moment
) -> Shard:
    return Shard(
        number=number,
        key=moment.new_key(),
        range=hash_range,
        # Later than its parents', so that sequence numbers grow from parent to child.
        created=max(int(moment.now), *(parent.created + 1 for parent in parents)),
        opens=moment.opens,
        parent=parents[0].number,
        adjacent_parent=parents[1].number if len(parents) > 1 else None,
    )


def _close(shards: list[Shard], closed: tuple[Shard, ...], moment: Moment) -> list[Shard]:
    return [replace(s, closes=moment.opens) if s in closed else s for s in shards]


def _within(shards: list[Shard], hash_range: HashKeyRange) -> list[Shard]:
    """The open shards in a range, in the order of their keys."""
    found = [s for s in shards if s.closes is None and s.range.start in hash_range]
    return sorted(found, key=lambda shard: shard.range.start)
