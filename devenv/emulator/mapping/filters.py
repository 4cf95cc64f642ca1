"""Filter criteria: which records the function gets to see.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
"""

import json
from collections.abc import Sequence
from typing import Any

from localstack.services.events.event_rule_engine import EventPatternCompiler, EventRuleEngine

from devenv.emulator.kinesis.records.storage import Stored
from devenv.emulator.mapping.events import Record


class Filters:
    """A record passes that matches any pattern. Without patterns all do."""

    def __init__(self, patterns: Sequence[str]) -> None:
        compiler = EventPatternCompiler()
        self._patterns = [compiler.compile_event_pattern(pattern) for pattern in patterns]
        self._engine = EventRuleEngine()

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def passes(self, stored: Stored, record: Record) -> bool:
        event: dict[str, Any] = json.loads(record.event)
        data: Any = None
        try:
            data = json.loads(stored.data)
        except ValueError:
            readable = False
        else:
            readable = True
        for pattern in self._patterns:
            if "data" in pattern and not readable:
                continue
            seen = {**event, "data": data} if "data" in pattern else event
            if self._engine.evaluate_pattern_on_event(pattern, seen):
                return True
        return False
