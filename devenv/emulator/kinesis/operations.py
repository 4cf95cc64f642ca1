"""The API: each operation's name and what it calls."""

from collections.abc import Callable
from typing import Any

from devenv.emulator.kinesis import (
    data_plane,
    reading,
    shard_listing,
    stream_lifecycle,
)
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.wire import checked

type Operation = Callable[[Kinesis, Caller, Request], Response]

OPERATIONS: dict[str, Operation] = {
    "CreateStream": stream_lifecycle.create_stream,
    "DeleteStream": stream_lifecycle.delete_stream,
    "DescribeLimits": stream_lifecycle.describe_limits,
    "DescribeStream": stream_lifecycle.describe_stream,
    "DescribeStreamSummary": stream_lifecycle.describe_stream_summary,
    "GetRecords": reading.get_records,
    "GetShardIterator": reading.get_shard_iterator,
    "ListShards": shard_listing.list_shards,
    "ListStreams": stream_lifecycle.list_streams,
    "PutRecord": data_plane.put_record,
    "PutRecords": data_plane.put_records,
}


def call(kinesis: Kinesis, caller: Caller, operation: str, request: Any) -> Response:
    """Check the request and answer it.

    Raises LocalStack's ServiceException with AWS's type and words; NotImplementedError, naming
    the operation, for what AWS has and we haven't.
    """
    function = OPERATIONS.get(operation)
    if function is None:
        raise NotImplementedError(f"kinesis:{operation} is not implemented in devenv's Kinesis.")
    return function(kinesis, caller, checked(operation, request))
