"""The two Kinesis streams: rides in, predictions out."""

from devenv.aws import Aws
from devenv.errors import Unreachable
from devenv.settings import Settings
from devenv.wait import wait_for

ACTIVE_TIMEOUT = 120.0
"""Seconds; AWS takes 10–30 to make a stream."""


def ensure_streams(settings: Settings, aws: Aws) -> list[str]:
    """Make what's missing, wait until both are ACTIVE, and return a line for each."""
    names = (settings.input_stream, settings.predictions_stream)
    lines = [_ensure_stream(name, settings.shard_count, aws) for name in names]
    for name in names:
        wait_for(
            lambda name=name: _status(name, aws) == "ACTIVE",  # type: ignore[misc]
            timeout=ACTIVE_TIMEOUT,
            failure=f"Stream {name} at {aws.endpoint} was not ACTIVE within {ACTIVE_TIMEOUT:.0f} s."
            " See `devenv status`.",
        )
    return lines


def stream_arn(name: str, aws: Aws) -> str:
    summary = aws.kinesis.describe_stream_summary(StreamName=name)
    return summary["StreamDescriptionSummary"]["StreamARN"]


def _ensure_stream(name: str, shard_count: int, aws: Aws) -> str:
    kinesis = aws.kinesis
    try:
        status = _status(name, aws)
        if status == "DELETING":
            raise Unreachable(f"Stream {name} is being deleted: try again in a minute.")
        return f"stream {name}: there"
    except kinesis.exceptions.ResourceNotFoundException:
        kinesis.create_stream(StreamName=name, ShardCount=shard_count)
        return f"stream {name}: made, {shard_count} shard{'s' if shard_count > 1 else ''}"


def _status(name: str, aws: Aws) -> str:
    summary = aws.kinesis.describe_stream_summary(StreamName=name)
    return summary["StreamDescriptionSummary"]["StreamStatus"]
