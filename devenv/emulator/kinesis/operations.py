"""The API: each operation's name and what it calls."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException

from devenv.emulator.database_files import storage_error
from devenv.emulator.kinesis import permissions
from devenv.emulator.kinesis.consumers import registration, subscriptions
from devenv.emulator.kinesis.records import reading, writing
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams import lifecycle, resharding, settings, shard_listing, tags
from devenv.emulator.kinesis.wire.requests import checked

type Operation = Callable[[Kinesis, Caller, Request], Response]

OPERATIONS: dict[str, Operation] = {
    "AddTagsToStream": tags.add_tags_to_stream,
    "CreateStream": lifecycle.create_stream,
    "DecreaseStreamRetentionPeriod": settings.decrease_retention,
    "DeleteResourcePolicy": tags.delete_policy,
    "DeleteStream": lifecycle.delete_stream,
    "DeregisterStreamConsumer": registration.deregister_consumer,
    "DescribeLimits": lifecycle.describe_limits,
    "DescribeStream": lifecycle.describe_stream,
    "DescribeStreamConsumer": registration.describe_consumer,
    "DescribeStreamSummary": lifecycle.describe_stream_summary,
    "DisableEnhancedMonitoring": settings.disable_monitoring,
    "EnableEnhancedMonitoring": settings.enable_monitoring,
    "GetRecords": reading.get_records,
    "GetResourcePolicy": tags.get_policy,
    "GetShardIterator": reading.get_shard_iterator,
    "IncreaseStreamRetentionPeriod": settings.increase_retention,
    "ListShards": shard_listing.list_shards,
    "ListStreamConsumers": registration.list_consumers,
    "ListStreams": lifecycle.list_streams,
    "ListTagsForResource": tags.list_tags_for_resource,
    "ListTagsForStream": tags.list_tags_for_stream,
    "MergeShards": resharding.merge_shards,
    "PutRecord": writing.put_record,
    "PutRecords": writing.put_records,
    "PutResourcePolicy": tags.put_policy,
    "RegisterStreamConsumer": registration.register_consumer,
    "RemoveTagsFromStream": tags.remove_tags_from_stream,
    "SplitShard": resharding.split_shard,
    "StartStreamEncryption": settings.start_encryption,
    "StopStreamEncryption": settings.stop_encryption,
    "SubscribeToShard": subscriptions.subscribe_to_shard,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateMaxRecordSize": settings.update_max_record_size,
    "UpdateShardCount": resharding.update_shard_count,
    "UpdateStreamMode": settings.update_stream_mode,
}

FOR_JSON: dict[str, Operation] = {**OPERATIONS, "GetRecords": reading.get_records_for_json}


def call(
    kinesis: Kinesis,
    caller: Caller,
    operation: str,
    request: Any,
    operations: Mapping[str, Operation] = OPERATIONS,
) -> Response:
    """Check the request and answer it.

    Raises LocalStack's ServiceException with AWS's type and words, InternalFailure with what to do
    if the disk is full or the file damaged; NotImplementedError, naming the operation, for what
    AWS has and we haven't.
    """
    function = operations.get(operation)
    if function is None:
        raise NotImplementedError(f"kinesis:{operation} is not implemented in devenv's Kinesis.")
    parameters = checked(operation, request)
    permissions.require(kinesis, caller, operation, parameters)
    try:
        return function(kinesis, caller, parameters)
    except sqlite3.Error as e:
        words = storage_error(e, kinesis.store.database.path)
        if words is None:
            raise
        raise CommonServiceException("InternalFailure", words, status_code=500) from e
