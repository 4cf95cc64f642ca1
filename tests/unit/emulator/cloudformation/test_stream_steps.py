"""What a stream's template asks for, call by call."""

from typing import Any

import pytest

from devenv.emulator.cloudformation.failures import failure
from devenv.emulator.cloudformation.stream_steps import Step, creation, next_step, trouble

NEW = {
    "StreamModeDetails": {"StreamMode": "PROVISIONED"},
    "OpenShardCount": 1,
    "RetentionPeriodHours": 24,
    "EncryptionType": "NONE",
    "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
    "MaxRecordSizeInKiB": 1024,
}
KEY = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
ON_DEMAND = {"StreamMode": "ON_DEMAND"}


@pytest.mark.parametrize(
    ("properties", "parameters"),
    [
        ({}, {"StreamModeDetails": ON_DEMAND}),
        (
            {"ShardCount": "2"},  # A template's parameter is text.
            {"StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": 2},
        ),
        ({"StreamModeDetails": ON_DEMAND}, {"StreamModeDetails": ON_DEMAND}),
    ],
)
def test_a_shard_count_alone_means_provisioned(
    properties: dict[str, Any], parameters: dict[str, Any]
) -> None:
    expected = Step("create_stream", {"StreamName": "s", **parameters})
    assert creation({"Name": "s", **properties}) == expected


@pytest.mark.parametrize(
    ("wanted", "before", "stream", "tags", "operation", "parameters"),
    [
        (
            {"StreamModeDetails": ON_DEMAND},
            {},
            NEW,
            {},
            "update_stream_mode",
            {"StreamModeDetails": ON_DEMAND},
        ),
        (
            {"ShardCount": "2"},
            {"ShardCount": 1},
            NEW,
            {},
            "update_shard_count",
            {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"},
        ),
        (
            {"RetentionPeriodHours": 48},
            {},
            NEW,
            {},
            "increase_stream_retention_period",
            {"RetentionPeriodHours": 48},
        ),
        (
            {},
            {"RetentionPeriodHours": 48},
            NEW | {"RetentionPeriodHours": 48},
            {},
            "decrease_stream_retention_period",
            {"RetentionPeriodHours": 24},
        ),
        (
            {"MaxRecordSizeInKiB": 2048},
            {},
            NEW,
            {},
            "update_max_record_size",
            {"MaxRecordSizeInKiB": 2048},
        ),
        ({"StreamEncryption": KEY}, {}, NEW, {}, "start_stream_encryption", KEY),
        ({}, {"StreamEncryption": KEY}, NEW | KEY, {}, "stop_stream_encryption", KEY),
        (
            {"DesiredShardLevelMetrics": ["IncomingBytes"]},
            {},
            NEW,
            {},
            "enable_enhanced_monitoring",
            {"ShardLevelMetrics": ["IncomingBytes"]},
        ),
        (
            {},
            {"DesiredShardLevelMetrics": ["IncomingBytes"]},
            NEW | {"EnhancedMonitoring": [{"ShardLevelMetrics": ["IncomingBytes"]}]},
            {},
            "disable_enhanced_monitoring",
            {"ShardLevelMetrics": ["IncomingBytes"]},
        ),
        (
            {"Tags": [{"Key": "a", "Value": "2"}]},
            {"Tags": [{"Key": "a", "Value": "1"}]},
            NEW,
            {"a": "1", "others": "stay"},
            "add_tags_to_stream",
            {"Tags": {"a": "2"}},
        ),
        (
            {},
            {"Tags": [{"Key": "a", "Value": "1"}]},
            NEW,
            {"a": "1", "others": "stay"},
            "remove_tags_from_stream",
            {"TagKeys": ["a"]},
        ),
    ],
)
def test_the_next_call(
    wanted: dict[str, Any],
    before: dict[str, Any],
    stream: dict[str, Any],
    tags: dict[str, str],
    operation: str,
    parameters: dict[str, Any],
) -> None:
    assert next_step(wanted, before, stream, tags) == Step(operation, parameters)


@pytest.mark.parametrize(
    "stream",
    [NEW, NEW | {"RetentionPeriodHours": 48, "OpenShardCount": 7} | KEY],
    ids=["a new one", "one that was changed by hand"],
)
def test_what_no_template_says_is_left_alone(stream: dict[str, Any]) -> None:
    assert next_step({"Name": "s"}, {"Name": "s"}, stream, {"a": "b"}) is None


def test_what_is_so_already_takes_no_call() -> None:
    wanted = {
        "ShardCount": 1,
        "RetentionPeriodHours": "24",
        "StreamEncryption": KEY,
        "DesiredShardLevelMetrics": ["IncomingBytes"],
        "Tags": [{"Key": "a", "Value": "1"}],
    }
    stream = NEW | KEY | {"EnhancedMonitoring": [{"ShardLevelMetrics": ["IncomingBytes"]}]}
    assert next_step(wanted, {}, stream, {"a": "1"}) is None


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"Nonsense": 1, "Name": "s"}, "not honoured by this emulator: Nonsense"),
        ({"StreamModeDetails": {"StreamMode": "PROVISIONED"}}, "ShardCount: required"),
        ({"StreamEncryption": {"EncryptionType": "NONE"}}, "EncryptionType NONE is not KMS"),
    ],
)
def test_what_cannot_be_honoured_is_refused(properties: dict[str, Any], reason: str) -> None:
    assert reason in (trouble(properties) or "")


def test_a_stacks_failure_says_which_resource_and_why() -> None:
    resources = {
        "Good": {"ResourceStatus": "CREATE_COMPLETE"},
        "Bad": {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no such thing"},
    }
    assert failure(resources) == (
        "The following resource(s) failed to create: [Bad]. Bad: no such thing"
    )
    assert failure({"Good": resources["Good"]}) is None
