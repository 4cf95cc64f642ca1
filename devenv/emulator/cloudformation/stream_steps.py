"""What is still to do until a stream is as its template says: one call of Kinesis's API at a time.

A stream has to be ACTIVE for each. Looking at the stream before each step, rather than planning all
of them, is the same for a new stream and for an update.

Source:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-stream.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

type Properties = Mapping[str, Any]

HONOURED = frozenset(
    (
        *("Name", "ShardCount", "StreamModeDetails", "RetentionPeriodHours", "StreamEncryption"),
        *("Tags", "DesiredShardLevelMetrics", "MaxRecordSizeInKiB", "WarmThroughputMiBps"),
    )
)
READ_ONLY = frozenset(("Arn",))
DEFAULT_RETENTION, DEFAULT_RECORD_SIZE = 24, 1024
"""What a stream has, and gets back, when its template says nothing any more: hours, KiB."""


@dataclass(frozen=True)
class Step:
    """A call of Kinesis's API, by boto3's name for it."""

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def trouble(properties: Properties) -> str | None:
    """Why these properties can't be honoured; None if they can."""
    unknown = sorted(properties.keys() - HONOURED - READ_ONLY)
    if unknown:
        return f"not honoured by this emulator: {', '.join(unknown)}"
    encryption = properties.get("StreamEncryption") or {}
    if encryption and encryption.get("EncryptionType") != "KMS":
        return f"StreamEncryption: EncryptionType {encryption.get('EncryptionType')} is not KMS"
    if mode_of(properties) == "PROVISIONED" and properties.get("ShardCount") is None:
        return "ShardCount: required for a stream whose StreamMode is PROVISIONED"
    return None


def mode_of(properties: Properties) -> str | None:
    """A shard count without a mode means PROVISIONED; None if the template says neither."""
    details = properties.get("StreamModeDetails") or {}
    if mode := details.get("StreamMode"):
        return str(mode)
    return None if properties.get("ShardCount") is None else "PROVISIONED"


def creation(properties: Properties) -> Step:
    """The call that makes the stream; the rest is `next_step`'s."""
    mode = mode_of(properties) or "ON_DEMAND"
    parameters: dict[str, Any] = {
        "StreamName": properties["Name"],
        "StreamModeDetails": {"StreamMode": mode},
    }
    if mode == "PROVISIONED":
        parameters["ShardCount"] = int(properties["ShardCount"])
    return Step("create_stream", parameters)


def next_step(
    wanted: Properties, before: Properties, stream: Properties, tags: Mapping[str, str]
) -> Step | None:
    """The next call, or None once the stream is as `wanted`.

    `before` are the template's properties until now, `stream` is DescribeStreamSummary's answer.
    What no template says is left as it is.
    """
    steps = (_mode, _shards, _retention, _record_size, _warm_throughput, _encryption, _metrics)
    for find in steps:
        if step := find(wanted, before, stream):
            return step
    return next(_tags(wanted, before, tags), None)


def _mode(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    mode = mode_of(wanted)
    if mode is None or mode == stream["StreamModeDetails"]["StreamMode"]:
        return None
    return Step("update_stream_mode", {"StreamModeDetails": {"StreamMode": mode}})


def _shards(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    if mode_of(wanted) != "PROVISIONED" or int(wanted["ShardCount"]) == stream["OpenShardCount"]:
        return None
    count = int(wanted["ShardCount"])
    return Step("update_shard_count", {"TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"})


def _number(name: str, default: int, wanted: Properties, before: Properties) -> int | None:
    value = wanted.get(name, default if name in before else None)
    return None if value is None else int(value)


def _retention(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    name = "RetentionPeriodHours"
    hours = _number(name, DEFAULT_RETENTION, wanted, before)
    if hours is None or hours == stream[name]:
        return None
    verb = "increase" if hours > stream[name] else "decrease"
    return Step(f"{verb}_stream_retention_period", {name: hours})


def _record_size(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    name = "MaxRecordSizeInKiB"
    size = _number(name, DEFAULT_RECORD_SIZE, wanted, before)
    if size is None or size == stream.get(name, DEFAULT_RECORD_SIZE):
        return None
    return Step("update_max_record_size", {name: size})


def _warm_throughput(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    name = "WarmThroughputMiBps"
    mibps = _number(name, 0, wanted, before)
    if mibps is None or mibps == stream.get("WarmThroughput", {}).get("TargetMiBps", 0):
        return None
    return Step("update_stream_warm_throughput", {name: mibps})


def _encryption(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    said = wanted.get("StreamEncryption")
    key, used = stream.get("KeyId"), stream.get("EncryptionType", "NONE") == "KMS"
    if said:
        same = used and said["KeyId"] == key
        return None if same else Step("start_stream_encryption", dict(said))
    if used and before.get("StreamEncryption"):
        return Step("stop_stream_encryption", {"EncryptionType": "KMS", "KeyId": key})
    return None


def _metrics(wanted: Properties, before: Properties, stream: Properties) -> Step | None:
    name = "DesiredShardLevelMetrics"
    if name not in wanted and name not in before:
        return None
    there = {m for each in stream.get("EnhancedMonitoring", []) for m in each["ShardLevelMetrics"]}
    desired = set(wanted.get(name) or [])
    if "ALL" in desired:
        return None if len(there) > 1 else Step(*_monitoring("enable", {"ALL"}))
    if missing := desired - there:
        return Step(*_monitoring("enable", missing))
    if surplus := there - desired:
        return Step(*_monitoring("disable", surplus))
    return None


def _monitoring(verb: str, metrics: set[str]) -> tuple[str, dict[str, Any]]:
    return f"{verb}_enhanced_monitoring", {"ShardLevelMetrics": sorted(metrics)}


def _tags(wanted: Properties, before: Properties, tags: Mapping[str, str]) -> Iterator[Step]:
    """Tags that only others have set stay."""
    desired, earlier = tags_of(wanted), tags_of(before)
    if gone := sorted((earlier.keys() - desired.keys()) & tags.keys()):
        yield Step("remove_tags_from_stream", {"TagKeys": gone})
    changed = {key: value for key, value in desired.items() if tags.get(key) != value}
    if changed:
        yield Step("add_tags_to_stream", {"Tags": changed})


def tags_of(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags") or []}
