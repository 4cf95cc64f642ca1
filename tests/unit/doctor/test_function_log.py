"""The log of the last environments, parted into invocations."""

import json
from types import SimpleNamespace
from typing import Any

from patient import client, report

from devenv.doctor.function_log import FIRST_LINES, LAST_LINES, invocations, last_invocations

TRACEBACK = "[ERROR] KeyError: 'ride'\rTraceback (most recent call last):\r  File …"


class GroupMissing(Exception):
    """ResourceNotFoundException."""


class FakeLogs:
    """CloudWatch Logs with streams of messages, a second apart."""

    exceptions = SimpleNamespace(ResourceNotFoundException=GroupMissing)

    def __init__(self, **streams: list[str]) -> None:
        self._streams = streams

    def describe_log_streams(self, **asked: Any) -> Any:
        if not self._streams:
            raise GroupMissing
        assert (asked["orderBy"], asked["descending"]) == ("LastEventTime", True)
        return {"logStreams": [{"logStreamName": name} for name in self._streams][: asked["limit"]]}

    def get_log_events(
        self, logGroupName: str, logStreamName: str, limit: int, startFromHead: bool
    ) -> Any:
        lines = self._streams[logStreamName]
        events = [{"timestamp": n * 1000, "message": line} for n, line in enumerate(lines)]
        return {"events": events[:limit] if startFromHead else events[-limit:]}


def read(since: int = -1, **streams: list[str]) -> Any:
    return last_invocations("rides", client(logs=FakeLogs(**streams)), since)


def invocation(*lines: str, init: float = 0) -> list[str]:
    return ["START RequestId: 1", *lines, "END RequestId: 1", report(init=init)]


def test_a_report_ends_an_invocation() -> None:
    """The figures are REPORT's; a billed duration is none of them."""
    good, bad = read(a=[*invocation(init=2300), *invocation(TRACEBACK)])
    assert (good.failed, bad.failed) == (False, True)
    assert good.report == {
        **{"Duration": 80.0, "Memory Size": 512.0, "Max Memory Used": 181.0},
        "Init Duration": 2300.0,
    }
    assert (good.ended, bad.ended) == (2000, 6000)


def test_an_init_that_failed_is_one_too() -> None:
    """There is no REPORT after it."""
    line = "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
    (only,) = invocations([(1, line)])
    assert (only.init_timed_out, only.failed, only.report) == (True, True, {})


def test_a_log_in_json_says_the_same() -> None:
    """Lambda's other log format, and the function's own lines in JSON."""
    metrics = {"durationMs": 80.1, "memorySizeMB": 512, "maxMemoryUsedMB": 181}
    report = {"type": "platform.report", "record": {"metrics": metrics, "status": "success"}}
    error = {"level": "ERROR", "message": "not published"}
    lines = [json.dumps(report), json.dumps(error), json.dumps(report)]
    good, bad = read(a=lines)
    assert (good.failed, bad.failed) == (False, True)
    assert good.report == {"Duration": 80.1, "Memory Size": 512.0, "Max Memory Used": 181.0}


def test_environments_are_put_in_order_of_time_and_what_is_old_left_out() -> None:
    """`since` is the function's last change."""
    streams = {"a": invocation(), "b": [*invocation(), *invocation(TRACEBACK)]}
    assert [i.ended for i in read(**streams)] == [2000, 2000, 6000]
    assert [i.ended for i in read(since=2000, **streams)] == [6000]


def test_of_a_long_log_the_beginning_and_the_end_are_read() -> None:
    """The first REPORT has the init; no line is read twice."""
    lines = [*invocation(init=2300), *(line for _ in range(200) for line in invocation())]
    found = read(a=lines)
    assert found[0].report["Init Duration"] == 2300
    assert len(found) == (FIRST_LINES + LAST_LINES) // 3
    short = [*invocation(init=2300), *(line for _ in range(20) for line in invocation())]
    assert len(read(a=short)) == 21


def test_a_function_that_has_not_logged() -> None:
    """Nothing to tell."""
    assert read() == []
