"""What came of an invocation: what the function's answer says about the batch.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
and answers recorded on AWS.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Succeeded:
    """All of it; in a tumbling window, with the state for the next invocation."""

    state: Any = None


@dataclass(frozen=True)
class PartlyFailed:
    """The records before `index` are done, the one there isn't."""

    index: int
    reason: str
    state: Any = None


@dataclass(frozen=True)
class Failed:
    """None of it is done. `function_error` is None where the function answered, but not well."""

    reason: str
    function_error: str | None = "Unhandled"
    hopeless: bool = False
    """Trying again can't help."""
    error_type: str | None = None
    """Of the error object that the function, or Lambda in its place, answered with."""


@dataclass(frozen=True)
class NotRun:
    """The function wasn't called: throttled, not ready, or gone. No attempt was used."""

    reason: str


type Outcome = Succeeded | PartlyFailed | Failed | NotRun


def read_answer(
    payload: bytes, is_error: bool, sequence_numbers: Sequence[str], *, partial: bool, window: bool
) -> Outcome:
    """The outcome of an invocation that ran. `sequence_numbers` are the batch's, in order."""
    if is_error:
        return Failed(error_words(payload), error_type=error_parts(payload)[0])
    if not (partial or window):
        return Succeeded()
    try:
        answer = json.loads(payload) if payload else None
    except ValueError:
        answer = None
    state = None
    if window:
        state = answer.get("state") if isinstance(answer, dict) else None
        if not isinstance(state, dict):
            return Failed("the response has no `state`, which a tumbling window needs", None)
    if not partial:
        return Succeeded(state)
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None or failures == []:
        return Succeeded(state)
    index = _first_failure(failures, sequence_numbers)
    if isinstance(index, Failed):
        return index
    return PartlyFailed(index, f"reported {sequence_numbers[index]} as failed", state)


def _first_failure(failures: Any, sequence_numbers: Sequence[str]) -> int | Failed:
    if not isinstance(failures, list):
        return Failed("`batchItemFailures` is not a list", None)
    places = {number: index for index, number in enumerate(sequence_numbers)}
    found = []
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        place = places.get(identifier) if isinstance(identifier, str) else None
        if place is None:
            return Failed(f"`itemIdentifier` {json.dumps(identifier)} is not in the batch", None)
        found.append(place)
    return min(found)


def error_words(payload: bytes) -> str:
    """`ZeroDivisionError: division by zero`."""
    return ": ".join(part for part in error_parts(payload) if part) or "no reason given"


def error_parts(payload: bytes) -> tuple[str | None, str]:
    """`ZeroDivisionError` and `division by zero`, from the error object of a runtime. What isn't
    one is a message as it stands."""
    try:
        error = json.loads(payload)
        kind, message = error.get("errorType"), error.get("errorMessage")
    except (ValueError, AttributeError):
        return None, payload[:200].decode("utf-8", "replace")
    return str(kind) if kind else None, str(message) if message else ""
