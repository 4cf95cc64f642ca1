"""Tumbling windows: records of one span of time, and what the function makes of them, its state.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

STATE_LIMIT = 1024 * 1024
"""Bytes of a shard's state."""


@dataclass(frozen=True)
class Window:
    """One that has been invoked for; times in seconds since the epoch."""

    start: int
    length: int
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def is_too_large(self) -> bool:
        return len(json.dumps(self.state)) > STATE_LIMIT

    def members(
        self, shard_id: str, source_arn: str, *, final: bool = False, early: bool = False
    ) -> dict[str, Any]:
        """What stands in the event beside `Records`."""
        return {
            "window": {"start": _time(self.start), "end": _time(self.end)},
            "state": self.state,
            "shardId": shard_id,
            "eventSourceARN": source_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": early,
        }


def start_of(arrived: int, length: int) -> int:
    """When the window of a record began that arrived at a moment (ms)."""
    seconds = arrived // 1000
    return seconds - seconds % length


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
