"""What a mapping was asked to do, as its configuration says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FOREVER = -1
"""Of `MaximumRetryAttempts` and `MaximumRecordAgeInSeconds`: until the record expires."""
PARTIAL = "ReportBatchItemFailures"


@dataclass(frozen=True)
class Options:
    """One configuration of a mapping; an update makes another. Times are in seconds."""

    function_arn: str
    """With the version or alias, if the mapping names one."""
    source_arn: str
    """A stream's or a consumer's."""
    starting_position: str
    starting_timestamp: float | None = None
    batch_size: int = 100
    batching_window: float = 0.0
    parallelization: int = 1
    max_retries: int = FOREVER
    max_age: float = FOREVER
    bisect: bool = False
    partial: bool = False
    """Whether the function's response names the records that failed."""
    tumbling_window: int = 0
    patterns: tuple[str, ...] = ()
    destination: str | None = None

    @property
    def stream_arn(self) -> str:
        return self.source_arn.partition("/consumer/")[0]


def read_options(configuration: Mapping[str, Any]) -> Options:
    """From an EventSourceMappingConfiguration with AWS's defaults filled in."""
    timestamp = configuration.get("StartingPositionTimestamp")
    filters = (configuration.get("FilterCriteria") or {}).get("Filters") or []
    on_failure = (configuration.get("DestinationConfig") or {}).get("OnFailure") or {}
    return Options(
        function_arn=configuration["FunctionArn"],
        source_arn=configuration["EventSourceArn"],
        starting_position=configuration["StartingPosition"],
        starting_timestamp=None if timestamp is None else timestamp.timestamp(),
        batch_size=configuration["BatchSize"],
        batching_window=configuration["MaximumBatchingWindowInSeconds"],
        parallelization=configuration["ParallelizationFactor"],
        max_retries=configuration["MaximumRetryAttempts"],
        max_age=configuration["MaximumRecordAgeInSeconds"],
        bisect=configuration["BisectBatchOnFunctionError"],
        partial=PARTIAL in (configuration.get("FunctionResponseTypes") or []),
        tumbling_window=configuration["TumblingWindowInSeconds"],
        patterns=tuple(found["Pattern"] for found in filters),
        destination=on_failure.get("Destination"),
    )
