"""The function's log in CloudWatch Logs, read as `aws logs tail` does."""

import time
from collections import deque
from collections.abc import Callable, Iterator

from devenv.aws import Aws
from devenv.errors import NotFound

INTERVAL = 1.0
"""Seconds between two looks while following."""


def log_events(
    function_name: str,
    aws: Aws,
    last: int,
    following: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Yield the last `last` lines, and with `following` all that come after, without end.

    Raises `NotFound` if the function has never logged and nothing is to be waited for.
    """
    group = f"/aws/lambda/{function_name}"
    seen: set[str] = set()
    start = 0
    past = deque(_new_events(group, aws, start, seen), maxlen=last)
    if not past and not following:
        raise NotFound(
            f"{group} at {aws.endpoint} holds nothing: the function has not run yet. "
            "Try `devenv put`, or `devenv invoke`."
        )
    yield from (message for _, message in past)
    while following:
        sleep(INTERVAL)
        for moment, message in _new_events(group, aws, start, seen):
            start = max(start, moment - 10_000)
            yield message


def _new_events(group: str, aws: Aws, start: int, seen: set[str]) -> Iterator[tuple[int, str]]:
    """(milliseconds, message) of events from `start` on that aren't in `seen`, oldest first."""
    pages = aws.logs.get_paginator("filter_log_events")
    try:
        for page in pages.paginate(logGroupName=group, startTime=start):
            for event in page["events"]:
                if event["eventId"] not in seen:
                    seen.add(event["eventId"])
                    yield event["timestamp"], event["message"].rstrip("\n")
    except aws.logs.exceptions.ResourceNotFoundException:
        return
