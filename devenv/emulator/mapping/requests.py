"""What may be asked of a Kinesis mapping. What isn't honoured is refused, never ignored.

Source: the public API model, and
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

import time
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.lambda_ import InvalidParameterValueException

from devenv.emulator.mapping.destinations import DESTINATIONS
from devenv.emulator.mapping.options import FOREVER, PARTIAL

RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "TumblingWindowInSeconds": (0, 900),
}
YOUNGEST_AGE = 60
MAX_FILTERS, PATTERN_LENGTH = 10, 4096
POSITIONS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")

OTHER_SOURCES = (
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "ScalingConfig",
    "DocumentDBEventSourceConfig",
    "ProvisionedPollerConfig",
)
"""Options that AWS takes for other sources only."""
NOT_HERE = ("KMSKeyArn", "MetricsConfig", "LoggingConfig")
"""Options that AWS takes for Kinesis, and this emulator has no equivalent of."""


def check(configuration: Mapping[str, Any], *, new: bool) -> None:
    """Raise AWS's error for what a mapping can't be. Nothing is looked up here."""
    for name in OTHER_SOURCES:
        if configuration.get(name):
            raise _invalid(f"Unsupported parameter for Kinesis as event source: {name}.")
    for name in NOT_HERE:
        if configuration.get(name):
            raise _invalid(
                f"{name} is not supported by devenv's event source mapping: leave it out."
            )
    for name, (low, high) in RANGES.items():
        _check_range(name, configuration.get(name), low, high)
    age = configuration.get("MaximumRecordAgeInSeconds")
    if age is not None and age != FOREVER and age < YOUNGEST_AGE:
        raise _invalid(
            "Invalid request provided: MaximumRecordAgeInSeconds must be -1, or from "
            f"{YOUNGEST_AGE} to {RANGES['MaximumRecordAgeInSeconds'][1]}."
        )
    window, lanes = (
        configuration.get("TumblingWindowInSeconds") or 0,
        configuration.get("ParallelizationFactor") or 1,
    )
    if window and lanes > 1:
        raise _invalid("Tumbling windows need ParallelizationFactor 1: a shard has one state.")
    _check_response_types(configuration.get("FunctionResponseTypes") or [])
    _check_destination(configuration.get("DestinationConfig") or {})
    _check_filters((configuration.get("FilterCriteria") or {}).get("Filters") or [])
    if new:
        _check_position(configuration)


def _check_range(name: str, value: int | None, low: int, high: int) -> None:
    if value is None or low <= value <= high:
        return
    member = name[0].lower() + name[1:]
    relation, bound = ("greater", low) if value < low else ("less", high)
    raise _violation(value, member, f"Member must have value {relation} than or equal to {bound}")


def _check_response_types(kinds: list[str]) -> None:
    if len(kinds) > 1:
        constraint = "Member must have length less than or equal to 1"
        raise _violation(kinds, "functionResponseTypes", constraint)
    if kinds and kinds != [PARTIAL]:
        constraint = (
            f"Member must satisfy constraint: [Member must satisfy enum value set: [{PARTIAL}]]"
        )
        raise _violation(kinds, "functionResponseTypes", constraint)


def _check_destination(configuration: Mapping[str, Any]) -> None:
    if configuration.get("OnSuccess"):
        raise _invalid(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    arn = (configuration.get("OnFailure") or {}).get("Destination")
    if not arn:
        return
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn" or parts[2] not in DESTINATIONS or arn.endswith(".fifo"):
        raise _invalid(
            f"The destination ARN {arn} is invalid: a standard SQS queue, a standard SNS topic or "
            "an S3 bucket is needed."
        )


def _check_filters(filters: list[Mapping[str, Any]]) -> None:
    if len(filters) > MAX_FILTERS:
        raise _invalid(f"An event source mapping has {MAX_FILTERS} filters at most.")
    for found in filters:
        pattern = found.get("Pattern")
        if not isinstance(pattern, str) or not pattern or len(pattern) > PATTERN_LENGTH:
            raise _invalid("Invalid filter pattern definition.")


def _check_position(configuration: Mapping[str, Any]) -> None:
    position = configuration.get("StartingPosition")
    if not position:
        raise _invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        )
    if position not in POSITIONS:
        constraint = "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
        raise _violation(position, "startingPosition", constraint)
    timestamp = configuration.get("StartingPositionTimestamp")
    if position == "AT_TIMESTAMP" and timestamp is None:
        raise _invalid(
            "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP."
        )
    if position != "AT_TIMESTAMP" and timestamp is not None:
        raise _invalid(
            "StartingPositionTimestamp can only be used with StartingPosition AT_TIMESTAMP."
        )
    if timestamp is not None and timestamp.timestamp() > time.time():
        raise _invalid("StartingPositionTimestamp can't be in the future.")


def _invalid(message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(message, Type="User")


def _violation(value: object, member: str, constraint: str) -> CommonServiceException:
    return CommonServiceException(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: {constraint}",
    )
