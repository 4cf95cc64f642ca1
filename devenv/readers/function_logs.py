"""The function's log in CloudWatch Logs, read as `aws logs tail` does."""

import time
from collections import deque
from collections.abc import Callable, Iterator

from devenv.aws import Aws
from devenv.errors import NotFound

RUNTIME_WARNING = "LAMBDA_WARNING: Unhandled exception."

INTERVAL = 1.0
"""Seconds between two looks while following."""

LATENESS = 10_000
"""Milliseconds that an event may arrive after one that happened later."""


def log_events(
    function_name: str,
    aws: Aws,
    last: int,
    following: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Yield the last `last` lines, and with `following` all that come after, without end.

    Raises `NotFound` if there is no such function, or it has never logged and nothing is to be
    waited for.
    """
    group = f"/aws/lambda/{function_name}"
    seen: set[str] = set()
    past = deque(_new_events(group, aws, 0, seen), maxlen=last)
    if not seen and not _is_there(function_name, aws):
        raise NotFound(
            f"There is no function {function_name} at {aws.endpoint}. Check FUNCTION_NAME (and "
            "PIPELINE); `devenv status` shows what is there, and what makes it."
        )
    if not seen and not following:
        raise NotFound(
            f"{group} at {aws.endpoint} holds nothing: the function has not run yet. "
            "Try `devenv put`, or `devenv invoke`."
        )
    yield from (message for _, message in past)
    start = past[-1][0] - LATENESS if past else 0
    while following:
        sleep(INTERVAL)
        for moment, message in _new_events(group, aws, max(start, 0), seen):
            start = max(start, moment - LATENESS)
            yield message


def _is_there(function_name: str, aws: Aws) -> bool:
    try:
        aws.functions.get_function_configuration(FunctionName=function_name)
    except aws.functions.exceptions.ResourceNotFoundException:
        return False
    return True


def _new_events(group: str, aws: Aws, start: int, seen: set[str]) -> Iterator[tuple[int, str]]:
    """(milliseconds, message) of events from `start` on that aren't in `seen`, oldest first."""
    pages = aws.logs.get_paginator("filter_log_events")
    try:
        for page in pages.paginate(logGroupName=group, startTime=start):
            for event in page["events"]:
                if event["eventId"] not in seen:
                    seen.add(event["eventId"])
                    if (message := shown(event["message"])) is not None:
                        yield event["timestamp"], message
    except aws.logs.exceptions.ResourceNotFoundException:
        return


def shown(message: str) -> str | None:
    """A message, or a whole log, as lines for people; None if nothing is left of it.

    A terminal would write what comes behind a carriage return over what stands before it. The 600
    characters on runtime updates, which Lambda's Python runtime writes before each error of init,
    are left out.
    """
    lines = message.rstrip("\r\n").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [line for line in lines if RUNTIME_WARNING not in line]
    return "\n".join(kept) if len(kept) == len(lines) or any(kept) else None
