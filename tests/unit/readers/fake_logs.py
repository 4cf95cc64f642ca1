"""CloudWatch Logs with streams of events, as much of its API as is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


class GroupMissing(Exception):
    """ResourceNotFoundException."""


@dataclass
class FakeLogs:
    """Streams of (milliseconds, message). Pages hold two events, so that all have to be asked for.

    Without `knows_patterns` a pattern is passed over, as by LocalStack.
    """

    streams: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    knows_patterns: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(ResourceNotFoundException=GroupMissing)
    )

    def describe_log_streams(self, **asked: Any) -> Any:
        if not self.streams:
            raise GroupMissing
        assert (asked["orderBy"], asked["descending"]) == ("LastEventTime", True)
        names = sorted(self.streams, key=lambda name: self.streams[name][-1][0], reverse=True)
        return {"logStreams": [{"logStreamName": name} for name in names][: asked["limit"]]}

    def get_log_events(self, *, logStreamName: str, limit: int, **asked: Any) -> Any:
        assert asked["startFromHead"] is False
        events = self.streams[logStreamName][-limit:]
        return {"events": [{"timestamp": t, "message": m} for t, m in events]}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "filter_log_events"
        return SimpleNamespace(paginate=self.paginate)

    def paginate(self, *, logGroupName: str, **asked: Any) -> Iterator[Any]:
        self.asked.append(asked)
        if not self.streams:
            raise GroupMissing
        pattern = asked.get("filterPattern", "").strip('"') if self.knows_patterns else ""
        found = [
            {"logStreamName": name, "timestamp": moment, "message": message}
            for name, events in self.streams.items()
            if name in asked.get("logStreamNames", self.streams)
            for moment, message in events
            if asked.get("startTime", 0) <= moment <= asked.get("endTime", 2**60)
            and pattern in message
        ]
        found.sort(key=lambda event: event["timestamp"])
        for begin in range(0, len(found) or 1, 2):
            yield {"events": found[begin : begin + 2]}
