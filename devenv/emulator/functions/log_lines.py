"""The lines that Lambda itself writes into a function's log, and the errors that it makes up.

Wording and tabs as CloudWatch Logs shows them.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html and
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Report:
    """What REPORT says of one invocation. Times in milliseconds, memory in MB."""

    request_id: str
    duration: float
    memory_size: int
    max_memory: int
    init_duration: float | None = None
    status: str | None = None
    error_type: str | None = None

    def __str__(self) -> str:
        # Since August 2025 init is billed with the invocation that waited for it.
        billed = math.ceil(self.duration + (self.init_duration or 0))
        fields = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {self.memory_size} MB",
            f"Max Memory Used: {self.max_memory} MB",
        ]
        if self.init_duration is not None:
            fields.append(f"Init Duration: {self.init_duration:.2f} ms")
        if self.status is not None:
            fields.append(f"Status: {self.status}")
        if self.error_type is not None:
            fields.append(f"Error Type: {self.error_type}")
        return "\t".join(fields)


def start(request_id: str, version: str) -> str:
    return f"START RequestId: {request_id} Version: {version}"


def end(request_id: str) -> str:
    return f"END RequestId: {request_id}"


def init_report(duration: float, phase: str, status: str, error_type: str | None) -> str:
    """Written only when init failed. `phase` is init, or invoke when it was tried again there."""
    fields = [f"INIT_REPORT Init Duration: {duration:.2f} ms", f"Phase: {phase}"]
    fields.append(f"Status: {status}")
    if error_type is not None:
        fields.append(f"Error Type: {error_type}")
    return "\t".join(fields)


def timed_out(request_id: str, timeout: float, now: datetime | None = None) -> str:
    moment = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{moment}Z {request_id} Task timed out after {timeout:.2f} seconds"


def exited(request_id: str, reason: str) -> str:
    return f"RequestId: {request_id} Error: {exit_words(reason)}\nRuntime.ExitError"


def exit_words(reason: str) -> str:
    if reason == "exit status 0":
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: {reason}"


def error_payload(request_id: str, error_type: str, words: str) -> bytes:
    """The error object of an invocation that the handler had no chance to answer."""
    message = f"RequestId: {request_id} Error: {words}"
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
