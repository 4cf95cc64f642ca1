"""Which shards there are, and how they're shown."""

from localstack.aws.api.kinesis import InvalidArgumentException

from devenv.emulator.kinesis.service import (
    Caller,
    Kinesis,
    Request,
    Response,
    page_token,
    read_page_token,
)
from devenv.emulator.kinesis.streams.model import Shard, Stream, shard_id

PER_PAGE = 1000


def retained(kinesis: Kinesis, stream: Stream) -> list[Shard]:
    """The visible shards without those that were closed so long ago that nothing is in them."""
    now = kinesis.clock()
    horizon = now - stream.retention_hours * 3600
    return [s for s in stream.visible_shards(now) if s.closes is None or s.closes >= horizon]


def described(shard: Shard, now: float) -> Response:
    result: Response = {
        "ShardId": shard.id,
        "HashKeyRange": hash_key_range(shard),
        "SequenceNumberRange": {"StartingSequenceNumber": shard.start},
    }
    if shard.is_closed(now):
        result["SequenceNumberRange"]["EndingSequenceNumber"] = shard.end
    if shard.parent is not None:
        result["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent_parent is not None:
        result["AdjacentParentShardId"] = shard_id(shard.adjacent_parent)
    return result


def hash_key_range(shard: Shard) -> Response:
    return {"StartingHashKey": str(shard.range.start), "EndingHashKey": str(shard.range.end)}


def children(stream: Stream, parent: Shard, now: float) -> list[Response]:
    """The `ChildShards` that a reader goes on with after a closed shard."""
    found = [
        shard
        for shard in stream.visible_shards(now)
        if parent.number in (shard.parent, shard.adjacent_parent)
    ]
    return [
        {
            "ShardId": child.id,
            "ParentShards": [
                shard_id(number)
                for number in (child.parent, child.adjacent_parent)
                if number is not None
            ],
            "HashKeyRange": hash_key_range(child),
        }
        for child in found
    ]


def list_shards(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """A NextToken stands for the stream, the filter and the place in the list."""
    now = kinesis.clock()
    if token := request.get("NextToken"):
        given = {"StreamName", "StreamCreationTimestamp", "ExclusiveStartShardId", "ShardFilter"}
        if named := given & set(request):
            raise InvalidArgumentException(
                f"NextToken and {', '.join(sorted(named))} cannot be provided together."
            )
        content = read_page_token(now, token)
        request = {**content.get("request", {}), "MaxResults": request.get("MaxResults", PER_PAGE)}
    stream = kinesis.find_stream(caller, request)
    shards = _filtered(kinesis, stream, request.get("ShardFilter"))
    if start := request.get("ExclusiveStartShardId"):
        shards = [shard for shard in shards if shard.id > start]
    limit = request.get("MaxResults", PER_PAGE)
    response: Response = {"Shards": [described(shard, now) for shard in shards[:limit]]}
    if len(shards) > limit:
        rest = {**request, "StreamName": stream.name, "ExclusiveStartShardId": shards[limit - 1].id}
        response["NextToken"] = page_token(now, {"request": rest})
    return response


def _filtered(kinesis: Kinesis, stream: Stream, wanted: Request | None) -> list[Shard]:
    """The API reference's ShardFilter: AT is open at that moment, FROM is open then or later."""
    shards = retained(kinesis, stream)
    if wanted is None:
        return shards
    kind, now = wanted.get("Type", ""), kinesis.clock()
    if kind == "AFTER_SHARD_ID":
        if "ShardId" not in wanted:
            raise InvalidArgumentException("ShardFilter AFTER_SHARD_ID requires a ShardId.")
        return [shard for shard in shards if shard.id > wanted["ShardId"]]
    if kind == "AT_LATEST":
        return stream.open_shards(now)
    horizon = max(
        now - stream.retention_hours * 3600, min((s.opens for s in stream.shards), default=now)
    )
    moment = horizon
    if kind.endswith("TIMESTAMP"):
        if "Timestamp" not in wanted:
            raise InvalidArgumentException(f"ShardFilter {kind} requires a Timestamp.")
        moment = max(horizon, wanted["Timestamp"])
    shards = [shard for shard in shards if shard.closes is None or shard.closes > moment]
    if kind.startswith("AT_"):
        shards = [shard for shard in shards if shard.opens <= moment]
    return shards
