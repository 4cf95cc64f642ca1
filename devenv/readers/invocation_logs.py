"""Invocations in the lines of a function's log, as Lambda writes them; in both of its formats.

One log stream is one execution environment, which does one thing after the other. So all between
START and REPORT belongs to that request, and what stands before a START since the last REPORT to
the environment's init: then it's a cold start.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

type Event = tuple[int, str]
"""Of a log stream: milliseconds since 1970, and a message of one or more lines."""

Outcome = Literal["OK", "ERROR", "TIMEOUT", "UNKNOWN"]
"""UNKNOWN: no REPORT yet."""

START = re.compile(r"START RequestId: (?P<id>\S+)(?: Version: (?P<version>\S+))?")
REPORT = re.compile(r"REPORT RequestId: (?P<id>\S+)")
FIELD = re.compile(r"(?:^|\t)(?P<name>[A-Z][\w ]+): (?P<value>[^\t]+)")
UNCAUGHT = re.compile(
    r"^\[ERROR\] (?P<python>[A-Za-z_][\w.]*(?:: .*)?)$"
    r"|\tERROR\t(?:Invoke Error|Uncaught Exception) \t(?P<node>\{.*\})",
    re.MULTILINE,
)
"""What a runtime writes of an exception. A program's own line of level ERROR has a tab there."""
TIMED_OUT = re.compile(r"Task timed out after [\d.]+ seconds")
EXITED = re.compile(r"^RequestId: \S+ Error: (?P<words>.*)$", re.MULTILINE)
NUMBERS = {
    "Duration": "duration_ms",
    "Billed Duration": "billed_ms",
    "Init Duration": "init_ms",
    "Memory Size": "memory_mb",
    "Max Memory Used": "max_memory_mb",
}
METRICS = {
    "durationMs": "duration_ms",
    "billedDurationMs": "billed_ms",
    "initDurationMs": "init_ms",
    "memorySizeMB": "memory_mb",
    "maxMemoryUsedMB": "max_memory_mb",
}


@dataclass(frozen=True)
class LogLine:
    moment: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One request. Figures are REPORT's, and None without one."""

    function: str
    request_id: str
    version: str | None
    log_stream: str
    began: datetime
    """When START was logged; in the emulator up to 0.2 s late."""
    ended: datetime | None = None
    """When REPORT was logged."""
    cold: bool
    """Whether the environment was started for it."""
    outcome: Outcome = "UNKNOWN"
    error: str | None = None
    """In a line."""
    duration_ms: float | None = None
    billed_ms: float | None = None
    init_ms: float | None = None
    memory_mb: float | None = None
    max_memory_mb: float | None = None
    lines: tuple[LogLine, ...] = field(default=(), repr=False)
    """All that was logged, of a cold start from its init on."""


def parse(function: str, stream: str, events: Iterable[Event]) -> Iterator[Invocation]:
    """The invocations in the events of one log stream, in order. What stands before the first
    START is taken for an init: ask for events from a REPORT or from the stream's beginning on."""
    before: list[LogLine] = []
    current: Invocation | None = None
    lines: list[LogLine] = []
    for milliseconds, message in events:
        line = LogLine(datetime.fromtimestamp(milliseconds / 1000, UTC), message.rstrip("\r\n"))
        told = _platform(line.text)
        match told.kind:
            case "start":
                if current is not None:
                    yield _finished(current, lines, None)
                current = Invocation(
                    function=function,
                    request_id=told.request_id,
                    version=told.version,
                    log_stream=stream,
                    began=line.moment,
                    cold=any(_is_init(each.text) for each in before),
                )
                lines, before = [*before, line], []
            case "report":
                if current is not None and current.request_id == told.request_id:
                    yield _finished(replace(current, ended=line.moment), [*lines, line], told)
                current, lines, before = None, [], []
            case _:
                (before if current is None else lines).append(line)
    if current is not None:
        yield _finished(current, lines, None)


@dataclass(frozen=True)
class _Platform:
    """What a line of Lambda's own says."""

    kind: str = ""
    request_id: str = ""
    version: str | None = None
    figures: dict[str, float] = field(default_factory=dict)
    status: str | None = None
    error_type: str | None = None


OTHER = _Platform()


def report_figures(text: str) -> dict[str, float]:
    """What a REPORT, in either format, says in milliseconds and MB, by `Invocation`'s names.

    Raises `ValueError` or `KeyError` for JSON that is no report.
    """
    if text.startswith("{"):
        return _of_metrics(json.loads(text)["record"]["metrics"])
    return _of_fields(_fields(text))


def _fields(text: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in FIELD.finditer(text.strip())}


def _of_fields(fields: Mapping[str, str]) -> dict[str, float]:
    return {m: float(fields[n].split()[0]) for n, m in NUMBERS.items() if n in fields}


def _of_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    return {m: float(metrics[n]) for n, m in METRICS.items() if n in metrics}


def _platform(text: str) -> _Platform:
    if found := START.match(text):
        return _Platform("start", found["id"], found["version"])
    if found := REPORT.match(text):
        fields = _fields(text)
        return _Platform(
            "report",
            found["id"],
            figures=_of_fields(fields),
            status=fields.get("Status"),
            error_type=fields.get("Error Type"),
        )
    return _platform_json(text) if text.startswith("{") and '"platform.' in text else OTHER


def _platform_json(text: str) -> _Platform:
    try:
        content = json.loads(text)
        kind, record = content["type"], content["record"]
        if kind == "platform.start":
            return _Platform("start", record["requestId"], record.get("version"))
        if kind == "platform.report":
            return _Platform(
                "report",
                record["requestId"],
                figures=_of_metrics(record["metrics"]),
                status=record.get("status"),
                error_type=record.get("errorType"),
            )
    except (ValueError, TypeError, LookupError):
        pass
    return OTHER


def _is_init(text: str) -> bool:
    """Whether a line before START is an init's. What an extension, or a thread that a former
    invocation has left behind, writes between two requests is none."""
    return text.startswith(("INIT_", "{")) and ("INIT_" in text or '"platform.init' in text)


def _finished(made: Invocation, lines: list[LogLine], report: _Platform | None) -> Invocation:
    error = _error(lines)
    outcome: Outcome = "OK" if report else "UNKNOWN"
    if error is not None:
        outcome = "TIMEOUT" if TIMED_OUT.search(error) else "ERROR"
    if report and report.status not in (None, "success"):
        outcome = "TIMEOUT" if report.status == "timeout" else "ERROR"
        error = error or report.error_type
    figures: dict[str, Any] = dict(report.figures) if report else {}
    cold = made.cold or "init_ms" in figures
    return replace(made, outcome=outcome, error=error, cold=cold, lines=tuple(lines), **figures)


def _error(lines: list[LogLine]) -> str | None:
    """The exception that ended the request, in a line; the last one, if its init failed too."""
    for line in reversed(lines):
        text = line.text
        if found := TIMED_OUT.search(text):
            return found[0]
        if found := UNCAUGHT.search(text):
            return found["python"] or _error_of_json(found["node"])
        if found := EXITED.search(text):
            return found["words"]
        if text.startswith("{") and '"errorType"' in text and (words := _error_of_json(text)):
            return words
    return None


def _error_of_json(text: str) -> str | None:
    """Of an exception as a JSON object: Python's client and Node's write them alike."""
    try:
        content = json.loads(text)
        kind = content["errorType"]
        return ": ".join(str(each) for each in (kind, content.get("errorMessage")) if each)
    except (ValueError, TypeError, LookupError):
        return None
