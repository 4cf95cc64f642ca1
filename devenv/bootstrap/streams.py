"""The two Kinesis streams: rides in, predictions out."""

from devenv.aws import Aws
from devenv.bootstrap.tags import TAG, tags, unlisted
from devenv.errors import Refused, Unreachable
from devenv.output import counted
from devenv.settings import Settings
from devenv.wait import wait_for

ACTIVE_TIMEOUT = 120.0
"""Seconds; AWS takes 10–30 to make a stream."""


def ensure_streams(settings: Settings, aws: Aws) -> list[str]:
    """Make what's missing, wait until both are ACTIVE, and return a line for each."""
    names = (settings.input_stream, settings.predictions_stream)
    there = {name: _ensure_stream(name, settings, aws) for name in names}
    for name in names:
        wait_for(
            lambda name=name: _status(name, aws) == "ACTIVE",  # type: ignore[misc]
            timeout=ACTIVE_TIMEOUT,
            failure=f"Stream {name} at {aws.endpoint} was not ACTIVE within {ACTIVE_TIMEOUT:.0f} s."
            " See `devenv status`.",
        )
    own = tags(settings.function_name)
    for name in (name for name, was_there in there.items() if not was_there):
        # Again, for endpoints that drop CreateStream's Tags. Only an ACTIVE stream takes them.
        aws.kinesis.add_tags_to_stream(StreamName=name, Tags=own)
    made = f"made, {counted(settings.shard_count, 'shard')}"
    return [f"stream {name}: {'there' if there[name] else made}" for name in names]


def require_own(settings: Settings, aws: Aws) -> None:
    """Raise `Refused` unless the bootstrap has made the input stream, for this function.

    For whoever puts made-up events: a stream that is another project's has its own readers.
    """
    name = settings.input_stream
    listed = aws.kinesis.list_tags_for_stream(StreamName=name)["Tags"]
    owner = unlisted(listed).get(TAG)
    if owner == settings.function_name:
        return
    whose = f"was made for function {owner}" if owner else "was not made by `devenv bootstrap`"
    raise Refused(
        f"{name} at {aws.endpoint} {whose}: no made-up events are put on it. Name a stream that "
        "isn't there yet (KINESIS_STREAM_INPUT), or say that this one is meant: aws kinesis "
        f"add-tags-to-stream --stream-name {name} --tags {TAG}={settings.function_name}"
    )


def stream_arn(name: str, aws: Aws) -> str:
    summary = aws.kinesis.describe_stream_summary(StreamName=name)
    return summary["StreamDescriptionSummary"]["StreamARN"]


def _ensure_stream(name: str, settings: Settings, aws: Aws) -> bool:
    """Whether it was there already; otherwise it's being made now."""
    kinesis = aws.kinesis
    try:
        status = _status(name, aws)
        if status == "DELETING":
            raise Unreachable(f"Stream {name} is being deleted: try again in a minute.")
        return True
    except kinesis.exceptions.ResourceNotFoundException:
        kinesis.create_stream(
            StreamName=name, ShardCount=settings.shard_count, Tags=tags(settings.function_name)
        )
        return False


def _status(name: str, aws: Aws) -> str:
    summary = aws.kinesis.describe_stream_summary(StreamName=name)
    return summary["StreamDescriptionSummary"]["StreamStatus"]
