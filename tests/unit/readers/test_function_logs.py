"""The function's log: its last lines, what comes after, and nothing twice."""

from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from fake_aws import FakeAws

from devenv.errors import NotFound
from devenv.readers.function_logs import log_events, shown


class GroupMissing(Exception):
    """ResourceNotFoundException."""


class FunctionMissing(Exception):
    """Lambda's ResourceNotFoundException."""


class FakeLogs:
    """CloudWatch Logs with one group, which is there once it holds an event."""

    exceptions = SimpleNamespace(ResourceNotFoundException=GroupMissing)

    def __init__(self, *messages: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.starts: list[int] = []
        self.add(*messages)

    def add(self, *messages: str, at: int | None = None) -> None:
        for message in messages:
            number = len(self.events)
            moment = 100_000 + number * 1000 if at is None else at
            self.events.append({"eventId": str(number), "timestamp": moment, "message": message})

    def get_paginator(self, operation: str) -> "FakeLogs":
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        if logGroupName != "/aws/lambda/ride-duration-prediction":
            raise GroupMissing
        self.starts.append(startTime)
        if not self.events:
            raise GroupMissing
        found = [event for event in self.events if event["timestamp"] >= startTime]
        for begin in range(0, len(found), 2):
            yield {"events": found[begin : begin + 2]}


class FakeLambda:
    """Lambda with one function."""

    exceptions = SimpleNamespace(ResourceNotFoundException=FunctionMissing)

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        if FunctionName != "ride-duration-prediction":
            raise FunctionMissing
        return {}


def lines(logs: FakeLogs, last: int = 50, *steps: Any) -> Iterator[str]:
    """The log; with `steps` it's followed, one step in each pause."""
    left = list(steps)
    aws: Any = FakeAws(logs=logs, functions=FakeLambda())

    def sleep(seconds: float) -> None:
        left.pop(0)()

    return log_events("ride-duration-prediction", aws, last, bool(steps), sleep)


def test_the_last_lines_are_yielded_oldest_first() -> None:
    """Over all pages, without the line feeds that events end in."""
    logs = FakeLogs("1\n", "2\n", "3", "4\n", "5\n")
    assert list(lines(logs)) == ["1", "2", "3", "4", "5"]
    assert list(lines(logs, 2)) == ["4", "5"]
    assert list(lines(logs, 0)) == []


def test_a_function_that_never_ran_is_not_found() -> None:
    """With what to do about it."""
    with pytest.raises(NotFound, match=r"/aws/lambda/ride-.* at http://.* `devenv put`"):
        list(lines(FakeLogs()))


@pytest.mark.parametrize("following", [False, True])
def test_a_function_that_is_not_there_is_told_so(following: bool) -> None:
    """Rather than that it hasn't run; nor is it waited for."""
    aws: Any = FakeAws(logs=FakeLogs("1"), functions=FakeLambda())
    with pytest.raises(NotFound, match=r"no function nope at http://.*Check FUNCTION_NAME"):
        next(log_events("nope", aws, 50, following, lambda seconds: pytest.fail("it waits")))


def test_following_yields_what_comes_and_nothing_twice() -> None:
    """The group may come into being while it's waited for."""
    logs = FakeLogs()
    follow = lines(logs, 50, lambda: None, lambda: logs.add("1"), lambda: logs.add("2", "3"))
    assert list(islice(follow, 3)) == ["1", "2", "3"]


def test_following_after_no_past_lines_leaves_them_out() -> None:
    """`-n 0 -f`: only what is new."""
    logs = FakeLogs("old")
    assert list(islice(lines(logs, 0, lambda: logs.add("new")), 1)) == ["new"]


def test_an_event_that_arrives_late_is_yielded() -> None:
    """Events of other environments may come up to some seconds after newer ones."""
    logs = FakeLogs("1", "2", "3")
    follow = lines(logs, 50, lambda: logs.add("late", at=100_500))
    assert list(islice(follow, 4)) == ["1", "2", "3", "late"]


def test_following_does_not_read_all_the_past_again() -> None:
    """Each look begins shortly before the newest event."""
    logs = FakeLogs(*(str(n) for n in range(60)))
    follow = lines(logs, 50, lambda: logs.add("a"), lambda: logs.add("b"))
    assert list(islice(follow, 52))[-2:] == ["a", "b"]
    assert logs.starts == [0, 149_000, 150_000]


WARNING = (
    "[WARNING]\t2026-11-25T03:00:00.000Z\t\tLAMBDA_WARNING: Unhandled exception. The …html\r\n"
)


def test_a_traceback_has_lines_and_the_warning_before_it_is_left_out() -> None:
    """Of an event, and of a whole log as `devenv invoke` has it."""
    logs = FakeLogs("START\n", WARNING, "[ERROR] KeyError\rTraceback\r  File\n", "\n")
    assert list(lines(logs)) == ["START", "[ERROR] KeyError\nTraceback\n  File", ""]
    assert shown(f"START\n{WARNING}[ERROR] KeyError\nEND\n") == "START\n[ERROR] KeyError\nEND"
