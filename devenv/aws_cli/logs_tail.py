"""`aws logs tail`, with the options and the output of AWS CLI 2.

Source: https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html
"""

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from awscli.customizations.commands import BasicCommand
from awscli.customizations.utils import create_client_from_parsed_globals

POLL_S = 5.0
"""Between two looks at a log that is followed; CLI 2's."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
FORMATS = ("detailed", "short", "json")
SEEN = 10_000
"""Ids of events of the newest milliseconds that are remembered, so that none is shown twice."""


class TailCommand(BasicCommand):  # type: ignore[misc]
    """Shows the newest events of a log group."""

    NAME = "tail"
    DESCRIPTION = "Shows the events of a log group's streams, oldest first, as AWS CLI 2 does."
    ARG_TABLE: ClassVar = [
        {"name": "group_name", "positional_arg": True, "help_text": "The log group's name."},
        {
            "name": "since",
            "default": "10m",
            "help_text": "From when on: an ISO 8601 time, or how long ago: 30s, 5m, 1h, 2d, 1w.",
        },
        {"name": "follow", "action": "store_true", "help_text": "Go on until Ctrl-C."},
        {
            "name": "format",
            "default": "detailed",
            "choices": FORMATS,
            "help_text": "detailed: time, stream and message; short: time and message; json: "
            "messages that are JSON are indented.",
        },
        {"name": "filter-pattern", "help_text": "Which events, as of FilterLogEvents."},
        {"name": "log-stream-names", "nargs": "+", "help_text": "Of these streams alone."},
        {"name": "log-stream-name-prefix", "help_text": "Of streams of such names alone."},
    ]

    def _run_main(self, parsed_args: Any, parsed_globals: Any) -> int:
        client = create_client_from_parsed_globals(self._session, "logs", parsed_globals)
        events = found_events(
            client.get_paginator("filter_log_events").paginate,
            request(parsed_args),
            start_of(parsed_args.since, datetime.now(UTC)),
            follow=parsed_args.follow,
        )
        for event in events:
            sys.stdout.write(line(event, parsed_args.format))
            sys.stdout.flush()
        return 0


def request(given: Any) -> dict[str, Any]:
    """The parameters of FilterLogEvents, but for the time."""
    said = {
        "logGroupName": given.group_name,
        "filterPattern": given.filter_pattern,
        "logStreamNames": given.log_stream_names,
        "logStreamNamePrefix": given.log_stream_name_prefix,
    }
    return {name: value for name, value in said.items() if value}


def start_of(since: str, now: datetime) -> int:
    """`--since` in milliseconds. Raises ValueError, which the CLI shows."""
    if ago := re.fullmatch(r"(\d+)([smhdw])", since):
        return int((now.timestamp() - int(ago[1]) * UNITS[ago[2]]) * 1000)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise ValueError(
            f"--since {since} is neither a time such as 2026-01-31T12:00:00Z, nor how long ago: "
            "30s, 5m, 1h, 2d, 1w."
        ) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)


def found_events(
    pages: Callable[..., Iterable[Mapping[str, Any]]],
    wanted: Mapping[str, Any],
    start: int,
    *,
    follow: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Mapping[str, Any]]:
    """The events from `start` on, by their time; with `follow` without end."""
    seen: dict[str, int] = {}
    while True:
        events = [e for page in pages(**wanted, startTime=start) for e in page["events"]]
        for event in sorted(events, key=lambda e: int(e["timestamp"])):
            if event["eventId"] not in seen:
                seen[event["eventId"]] = event["timestamp"]
                yield event
        if not follow:
            return
        # What comes later may be of the same millisecond.
        start = max([start, *seen.values()])
        seen = dict([each for each in seen.items() if each[1] >= start][-SEEN:])
        sleep(POLL_S)


def line(event: Mapping[str, Any], form: str) -> str:
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    message = event["message"].rstrip("\n")
    if form == "short":
        return f"{moment:%Y-%m-%dT%H:%M:%S} {message}\n"
    if form == "json":
        with contextlib.suppress(ValueError):  # What is no JSON is shown as it is.
            message = json.dumps(json.loads(message), indent=4, ensure_ascii=False)
    return f"{moment.isoformat(timespec='microseconds')} {event['logStreamName']} {message}\n"
