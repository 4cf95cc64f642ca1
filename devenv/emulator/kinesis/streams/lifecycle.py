"""Streams are made, described, listed and deleted."""

from dataclasses import replace

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ValidationException,
)

from devenv.emulator.kinesis.service import (
    Caller,
    Kinesis,
    Request,
    Response,
    page_token,
    read_page_token,
)
from devenv.emulator.kinesis.streams import shard_listing, tag_characters
from devenv.emulator.kinesis.streams.hash_keys import even_ranges
from devenv.emulator.kinesis.streams.model import Shard, Stream
from devenv.emulator.kinesis.wire.timestamps import timestamp

ON_DEMAND_SHARDS = 4
ON_DEMAND_STREAM_LIMIT = 50
STREAMS_PER_PAGE = 100
SHARDS_PER_PAGE = 100


def create_stream(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """Without a mode a shard count makes it provisioned; without either it's on demand."""
    mode, count = _mode_and_count(request)
    name = request["StreamName"]
    with kinesis.store.changing:
        _refuse_existing(kinesis, caller, name)
        check_shard_limit(kinesis, caller, count)
        now = kinesis.clock()
        opens = now + kinesis.options.delay
        stream_key, *keys = kinesis.store.new_keys(count + 1)
        shards = tuple(
            Shard(number, key, hash_range, created=int(now), opens=opens)
            for number, (key, hash_range) in enumerate(zip(keys, even_ranges(count), strict=True))
        )
        stream = Stream(
            id=stream_key,
            account=caller.account,
            region=caller.region,
            name=name,
            created=now,
            shards=shards,
            mode=mode,
            settled=opens,
            tags=request.get("Tags", {}),
            max_record_kib=request.get("MaxRecordSizeInKiB", 1024),
            warm_mibps=request.get("WarmThroughputMiBps"),
        )
        tag_characters.check([*stream.tags, *stream.tags.values()], stream)
        kinesis.store.save(stream)
    return {}


def _mode_and_count(request: Request) -> tuple[str, int]:
    count: int | None = request.get("ShardCount")
    mode = request.get("StreamModeDetails", {}).get("StreamMode")
    mode = mode or ("ON_DEMAND" if count is None else "PROVISIONED")
    if mode == "ON_DEMAND":
        return mode, ON_DEMAND_SHARDS
    if count is None:
        raise ValidationException("ShardCount must be provided for a stream in PROVISIONED mode.")
    return mode, count


def delete_stream(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    """In any state. Consumers forbid it unless the caller enforces it."""
    with kinesis.store.changing:
        stream = kinesis.find_stream(caller, request)
        if stream.consumers and not request.get("EnforceConsumerDeletion"):
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.account} has registered consumers: "
                "deregister them or set EnforceConsumerDeletion."
            )
        if kinesis.options.delay:
            settled = kinesis.clock() + kinesis.options.delay
            kinesis.store.save(replace(stream, status="DELETING", settled=settled))
            return {}
    kinesis.store.remove(stream)
    return {}


def describe_stream(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    stream = kinesis.find_stream(caller, request)
    shards = shard_listing.retained(kinesis, stream)
    if start := request.get("ExclusiveStartShardId"):
        shards = [shard for shard in shards if shard.id > start]
    limit = request.get("Limit", SHARDS_PER_PAGE)
    shown = [shard_listing.described(shard, kinesis.clock()) for shard in shards[:limit]]
    description = {
        **_described(kinesis, stream),
        "Shards": shown,
        "HasMoreShards": len(shards) > limit,
    }
    return {"StreamDescription": description}


def describe_stream_summary(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    stream = kinesis.find_stream(caller, request)
    summary = {
        **_described(kinesis, stream),
        "OpenShardCount": len(stream.open_shards(kinesis.clock())),
        "ConsumerCount": len(stream.consumers),
        "MaxRecordSizeInKiB": stream.max_record_kib,
    }
    if stream.warm_mibps is not None:
        summary["WarmThroughput"] = {
            "TargetMiBps": stream.warm_mibps,
            "CurrentMiBps": stream.warm_mibps,
        }
    return {"StreamDescriptionSummary": summary}


def list_streams(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    now = kinesis.clock()
    after, token = request.get("ExclusiveStartStreamName"), request.get("NextToken")
    if token is not None:
        if after is not None:
            raise InvalidArgumentException(
                "NextToken and ExclusiveStartStreamName cannot be provided together."
            )
        after = str(read_page_token(now, token).get("after", ""))
    streams = [s for s in kinesis.streams(caller) if after is None or s.name > after]
    limit = request.get("Limit", STREAMS_PER_PAGE)
    page = streams[:limit]
    response: Response = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(streams) > limit,
        "StreamSummaries": [
            {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "StreamStatus": stream.status_at(now),
                "StreamModeDetails": {"StreamMode": stream.mode},
                "StreamCreationTimestamp": timestamp(stream.created),
            }
            for stream in page
        ],
    }
    if len(streams) > limit:
        response["NextToken"] = page_token(now, {"after": page[-1].name})
    return response


def describe_limits(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    streams = kinesis.streams(caller)
    return {
        "ShardLimit": kinesis.options.shard_limit,
        "OpenShardCount": _open_shards(kinesis, caller),
        "OnDemandStreamCount": sum(stream.mode == "ON_DEMAND" for stream in streams),
        "OnDemandStreamCountLimit": ON_DEMAND_STREAM_LIMIT,
    }


def check_shard_limit(kinesis: Kinesis, caller: Caller, more: int) -> None:
    """Raise LimitExceededException if the account can't have that many more shards."""
    count, limit = _open_shards(kinesis, caller), kinesis.options.shard_limit
    if count + more > limit:
        raise LimitExceededException(
            f"This request would exceed the shard limit for the account {caller.account} in "
            f"{caller.region}. Current shard count for the account: {count}. Limit: {limit}. "
            f"Number of additional shards that would have resulted from this request: {more}. "
            "Refer to the AWS Service Limits page "
            "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
            "limits and how to request higher limits."
        )


def _open_shards(kinesis: Kinesis, caller: Caller) -> int:
    """Shards of streams that are still CREATING count too."""
    now = kinesis.clock()
    return sum(
        not shard.is_closed(now) for stream in kinesis.streams(caller) for shard in stream.shards
    )


def _refuse_existing(kinesis: Kinesis, caller: Caller, name: str) -> None:
    if any(stream.name == name for stream in kinesis.streams(caller)):
        raise ResourceInUseException(
            f"Stream {name} under account {caller.account} already exists."
        )
    if old := kinesis.store.stream(caller.account, caller.region, name):
        kinesis.store.remove(old)


def _described(kinesis: Kinesis, stream: Stream) -> Response:
    description: Response = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status_at(kinesis.clock()),
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": timestamp(int(stream.created)),
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.metrics)}],
        "EncryptionType": stream.encryption,
    }
    if stream.key_id is not None:
        description["KeyId"] = stream.key_id
    return description
