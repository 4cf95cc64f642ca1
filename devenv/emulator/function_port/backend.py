"""What answers an event, as the server sees it."""

import json
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


class Backend(Protocol):
    """Asked from a thread of the server's, for one event at a time."""

    def answer(self, event: bytes) -> Reply: ...

    def stop(self) -> None:
        """End what was started for it."""


def trouble(status: int, kind: str, message: str) -> Reply:
    """An error object of Lambda's form, for what isn't the function's own error."""
    return Reply(status, json.dumps({"errorType": kind, "errorMessage": message}).encode())
