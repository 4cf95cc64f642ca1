"""The function's last invocations, as CloudWatch Logs has them.

Only the last streams, and of each its first and last lines: a log may be long, and `Init Duration`
stands in the first report of each execution environment, which has a stream of its own.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devenv.aws import Aws
from devenv.readers.invocation_logs import NUMBERS, report_figures

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import OutputLogEventTypeDef

STREAMS, FIRST_LINES, LAST_LINES = 3, 30, 300

FAILURE = re.compile(
    r"^\[ERROR\]|Task timed out after|\bStatus: (?:error|timeout)\b|Runtime\.ExitError"
    r'|"level": ?"ERROR"|"status": ?"(?:error|timeout|failure)"',
    re.MULTILINE,
)
FIGURES = ("Duration", "Memory Size", "Max Memory Used", "Init Duration")
"""Those of REPORT that checks look at."""


@dataclass(frozen=True)
class Rejected:
    """A record that held no event, as lambda_function.py logs it."""

    sequence_number: str
    reason: str

    def __str__(self) -> str:
        return f"it rejected record {self.sequence_number} ({self.reason})"


@dataclass(frozen=True)
class Invocation:
    """What was logged up to, and with, one REPORT; or after the last one, if init failed."""

    ended: int
    """Milliseconds since 1970."""
    text: str

    @property
    def failed(self) -> bool:
        return FAILURE.search(self.text) is not None

    @property
    def rejected(self) -> Rejected | None:
        """The record that it went no further than, if it went well otherwise."""
        for line in self.text.splitlines():
            if line.startswith("{") and '"rejected"' in line:
                told = _object(line)
                if told.get("message") == "rejected":
                    return Rejected(str(told.get("sequence_number")), str(told.get("reason")))
        return None

    @property
    def init_timed_out(self) -> bool:
        return re.search(r"^INIT_REPORT .*Status: timeout", self.text, re.MULTILINE) is not None

    @property
    def report(self) -> dict[str, float]:
        """Milliseconds and MB by the names that REPORT gives them; empty without a REPORT."""
        line = next(filter(is_report, self.text.splitlines()), "")
        found = report_figures(line)
        return {name: found[NUMBERS[name]] for name in FIGURES if NUMBERS[name] in found}


def last_invocations(function_name: str, aws: Aws, since: int) -> list[Invocation]:
    """Invocations of the last environments that ended after `since` (milliseconds), oldest first;
    none if the function has not logged yet."""
    group = f"/aws/lambda/{function_name}"
    try:
        streams = aws.logs.describe_log_streams(
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=STREAMS
        )["logStreams"]
    except aws.logs.exceptions.ResourceNotFoundException:
        return []
    found = [i for s in streams for i in invocations(_lines(group, s["logStreamName"], aws))]
    return sorted((i for i in found if i.ended > since), key=lambda i: i.ended)


def _lines(group: str, stream: str, aws: Aws) -> list[tuple[int, str]]:
    """(milliseconds, message) of the stream's first and last lines, none twice."""
    read = aws.logs.get_log_events
    first = read(logGroupName=group, logStreamName=stream, limit=FIRST_LINES, startFromHead=True)
    last = read(logGroupName=group, logStreamName=stream, limit=LAST_LINES, startFromHead=False)
    heads, tails = _pairs(first["events"]), _pairs(last["events"])
    seen = next((n for n in range(len(heads)) if heads[n:] == tails[: len(heads) - n]), len(heads))
    return heads[:seen] + tails


def _pairs(events: "Iterable[OutputLogEventTypeDef]") -> list[tuple[int, str]]:
    return [(e.get("timestamp", 0), e.get("message", "").replace("\r", "\n")) for e in events]


def is_report(line: str) -> bool:
    """In either of Lambda's log formats."""
    return line.startswith("REPORT ") or (line.startswith("{") and '"platform.report"' in line)


def invocations(lines: Iterable[tuple[int, str]]) -> Iterator[Invocation]:
    """Lines of one stream, parted after each REPORT."""
    gathered: list[str] = []
    moment = 0
    for moment, line in lines:
        gathered.append(line)
        if is_report(line):
            yield Invocation(moment, "\n".join(gathered))
            gathered = []
    if rest := "\n".join(gathered).strip():
        yield Invocation(moment, rest)


def _object(line: str) -> dict[str, Any]:
    """A line's JSON object; empty if it holds none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
