"""The API: each operation's name and what it calls."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException

from devenv.emulator.database_files import storage_error
from devenv.emulator.kinesis import (
    consumers,
    data_plane,
    permissions,
    reading,
    resharding,
    shard_listing,
    stream_lifecycle,
    stream_settings,
    subscriptions,
    tags,
)
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.wire import checked

type Operation = Callable[[Kinesis, Caller, Request], Response]

OPERATIONS: dict[str, Operation] = {
    "AddTagsToStream": tags.add_tags_to_stream,
    "CreateStream": stream_lifecycle.create_stream,
    "DecreaseStreamRetentionPeriod": stream_settings.decrease_retention,
    "DeleteResourcePolicy": tags.delete_policy,
    "DeleteStream": stream_lifecycle.delete_stream,
    "DeregisterStreamConsumer": consumers.deregister_consumer,
    "DescribeLimits": stream_lifecycle.describe_limits,
    "DescribeStream": stream_lifecycle.describe_stream,
    "DescribeStreamConsumer": consumers.describe_consumer,
    "DescribeStreamSummary": stream_lifecycle.describe_stream_summary,
    "DisableEnhancedMonitoring": stream_settings.disable_monitoring,
    "EnableEnhancedMonitoring": stream_settings.enable_monitoring,
    "GetRecords": reading.get_records,
    "GetResourcePolicy": tags.get_policy,
    "GetShardIterator": reading.get_shard_iterator,
    "IncreaseStreamRetentionPeriod": stream_settings.increase_retention,
    "ListShards": shard_listing.list_shards,
    "ListStreamConsumers": consumers.list_consumers,
    "ListStreams": stream_lifecycle.list_streams,
    "ListTagsForResource": tags.list_tags_for_resource,
    "ListTagsForStream": tags.list_tags_for_stream,
    "MergeShards": resharding.merge_shards,
    "PutRecord": data_plane.put_record,
    "PutRecords": data_plane.put_records,
    "PutResourcePolicy": tags.put_policy,
    "RegisterStreamConsumer": consumers.register_consumer,
    "RemoveTagsFromStream": tags.remove_tags_from_stream,
    "SplitShard": resharding.split_shard,
    "StartStreamEncryption": stream_settings.start_encryption,
    "StopStreamEncryption": stream_settings.stop_encryption,
    "SubscribeToShard": subscriptions.subscribe_to_shard,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateMaxRecordSize": stream_settings.update_max_record_size,
    "UpdateShardCount": resharding.update_shard_count,
    "UpdateStreamMode": stream_settings.update_stream_mode,
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
