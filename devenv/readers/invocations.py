"""A function's invocations, from its log in CloudWatch Logs: the emulator's as AWS's."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from devenv.aws import Aws
from devenv.readers.invocation_logs import Event, Invocation, parse

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilterLogEventsRequestPaginateTypeDef

STREAMS = 10
"""The last log streams (environments) that are looked at where no time is given."""
EVENTS = 10_000
"""Of a stream, the last that are looked at: what one request gives."""
MOST = 200_000
"""Events of a span of time that are looked at."""
INIT = timedelta(seconds=15)
"""An init stands so long before its request's START at most: AWS ends it after ten seconds."""
LATE = timedelta(seconds=5)
"""What an emulator or an environment has still to send when a request is over."""


def last_invocations(
    function: str, aws: Aws, limit: int = 50, since: datetime | None = None, failed: bool = False
) -> list[Invocation]:
    """The last ones, oldest first; none if the function has never logged. With `failed` only those
    that didn't end well."""
    group, found = f"/aws/lambda/{function}", list[Invocation]()
    try:
        streams = aws.logs.describe_log_streams(
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=STREAMS
        )["logStreams"]
    except aws.logs.exceptions.ResourceNotFoundException:
        return []
    for stream in streams:
        name = stream["logStreamName"]
        events = aws.logs.get_log_events(
            logGroupName=group, logStreamName=name, limit=EVENTS, startFromHead=False
        )["events"]
        found += parse(function, name, [(e["timestamp"], e["message"]) for e in events])
    found = [
        each
        for each in found
        if (since is None or (each.ended or each.began) >= since)
        and not (failed and each.outcome in ("OK", "UNKNOWN"))
    ]
    return sorted(found, key=lambda each: each.began)[-limit:]


def invocations_between(
    function: str,
    aws: Aws,
    start: datetime,
    end: datetime,
    request_ids: Collection[str] | None = None,
) -> list[Invocation]:
    """Those of a span of time, oldest first; only these requests', if they are given."""
    events = _events(
        aws, f"/aws/lambda/{function}", {"startTime": _ms(start - INIT), "endTime": _ms(end + LATE)}
    )
    found = [
        each
        for stream, some in _by_stream(events).items()
        for each in parse(function, stream, some)
        if (each.request_id in request_ids if request_ids is not None else each.began >= start)
    ]
    return sorted(found, key=lambda each: each.began)


def invocations_that_mention(
    function: str, aws: Aws, text: str, since: datetime | None = None
) -> list[Invocation]:
    """Those in whose log `text` stands: a request id, or a record's sequence number."""
    asked: dict[str, Any] = {"filterPattern": f'"{text}"'}
    if since is not None:
        asked["startTime"] = _ms(since)
    # An emulator may know no patterns, and give all that there is.
    hits = [
        (stream, moment)
        for stream, moment, message in _events(aws, f"/aws/lambda/{function}", asked)
        if text in message
    ]
    found: dict[tuple[str, str], Invocation] = {}
    for stream in dict.fromkeys(stream for stream, _ in hits):
        moments = [moment for name, moment in hits if name == stream]
        span = {
            "startTime": min(moments) - int(INIT.total_seconds() * 1000),
            "endTime": max(moments) + int(LATE.total_seconds() * 1000),
            "logStreamNames": [stream],
        }
        events = _by_stream(_events(aws, f"/aws/lambda/{function}", span)).get(stream, [])
        for each in parse(function, stream, events):
            if each.request_id == text or any(text in line.text for line in each.lines):
                found[stream, each.request_id] = each
    return sorted(found.values(), key=lambda each: each.began)


def _events(aws: Aws, group: str, asked: "dict[str, Any]") -> Iterator[tuple[str, int, str]]:
    """Stream, milliseconds and message; none if the function has never logged."""
    request: FilterLogEventsRequestPaginateTypeDef = {"logGroupName": group, **asked}  # type: ignore[typeddict-item]
    pages = aws.logs.get_paginator("filter_log_events").paginate(**request)
    try:
        found = (event for page in pages for event in page["events"])
        for event in islice(found, MOST):
            yield event["logStreamName"], event["timestamp"], event["message"]
    except aws.logs.exceptions.ResourceNotFoundException:
        return


def _by_stream(events: Iterable[tuple[str, int, str]]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for stream, moment, message in events:
        found.setdefault(stream, []).append((moment, message))
    return found


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
