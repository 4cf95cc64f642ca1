"""Invocations out of a function's log: Lambda's lines as AWS formats them, and as the emulator."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fake_aws import FakeAws
from fake_logs import FakeLogs

from devenv.emulator.functions import log_lines
from devenv.readers.invocation_logs import Invocation, parse
from devenv.readers.invocations import (
    invocations_between,
    invocations_that_mention,
    last_invocations,
)

ID, OTHER = "8e274a96-37a7-4ac9-8cd1-fe53f79d0ff9", "3537a287-e035-4d05-9818-dcc1f17df5f9"
KILLED = "Runtime exited with error: signal: killed"
BEGAN = 1_795_000_000_000
INIT_START = (
    "INIT_START Runtime Version: python:3.13.v50\tRuntime Version ARN: arn:aws:lambda:eu-west-1::"
    "runtime:0123\n"
)


def report(request_id: str = ID, **more: Any) -> str:
    """As AWS writes it, with a tab at its end."""
    fields = {
        "Duration": "80.35 ms",
        "Billed Duration": "81 ms",
        "Memory Size": "512 MB",
        "Max Memory Used": "84 MB",
        **{name.replace("_", " "): value for name, value in more.items()},
    }
    words = "\t".join(f"{name}: {value}" for name, value in fields.items())
    return f"REPORT RequestId: {request_id}\t{words}\t\n"


def start(request_id: str = ID, version: str = "$LATEST") -> str:
    return f"START RequestId: {request_id} Version: {version}\n"


def end(request_id: str = ID) -> str:
    return f"END RequestId: {request_id}\n"


def events(*messages: str, began: int = BEGAN) -> list[tuple[int, str]]:
    """A tenth of a second apart."""
    return [(began + 100 * n, message) for n, message in enumerate(messages)]


def parsed(*messages: str) -> list[Invocation]:
    return list(parse("f", "2026/11/25/[$LATEST]0123", events(*messages)))


def only(*lines: str, **more: Any) -> Invocation:
    """One invocation with these lines."""
    (found,) = parsed(start(), *lines, end(), report(**more))
    return found


def texts(invocation: Invocation) -> list[str]:
    return [line.text for line in invocation.lines]


def test_a_warm_start() -> None:
    found = only("hello\n")
    assert found == Invocation(
        function="f",
        request_id=ID,
        version="$LATEST",
        log_stream="2026/11/25/[$LATEST]0123",
        began=datetime.fromtimestamp(BEGAN / 1000, UTC),
        ended=datetime.fromtimestamp(BEGAN / 1000 + 0.3, UTC),
        cold=False,
        outcome="OK",
        duration_ms=80.35,
        billed_ms=81,
        memory_mb=512,
        max_memory_mb=84,
        lines=found.lines,
    )
    assert texts(found)[1] == "hello"
    assert len(found.lines) == 4


def test_a_cold_start_has_its_inits_lines() -> None:
    """On AWS and here; the next request is a warm one."""
    cold, warm = parsed(
        *(INIT_START, "loading\n", start(), end(), report(Init_Duration="213.45 ms")),
        *(start(OTHER), end(OTHER), report(OTHER)),
    )
    assert (cold.cold, cold.init_ms, warm.cold, warm.init_ms) == (True, 213.45, False, None)
    assert texts(cold)[:2] == [INIT_START.strip(), "loading"]
    assert len(warm.lines) == 3
    assert only(Init_Duration="100.00 ms").cold


def test_the_emulators_own_lines() -> None:
    """Those that its environments write, whatever comes of the request."""
    written = log_lines.Report(ID, 12.5, 128, 40, 99.5, "timeout", "Sandbox.Timedout")
    (found,) = parsed(
        log_lines.start(ID, "7"),
        log_lines.timed_out(ID, 3, datetime(2026, 11, 25, tzinfo=UTC)),
        log_lines.end(ID),
        str(written),
    )
    assert (found.version, found.outcome) == ("7", "TIMEOUT")
    assert found.error == "Task timed out after 3.00 seconds"
    figures = (found.duration_ms, found.memory_mb, found.max_memory_mb, found.init_ms)
    assert figures == (12.5, 128, 40, 99.5)


@pytest.mark.parametrize(
    ("lines", "more", "outcome", "error"),
    [
        (
            ["[ERROR] ValueError: poison\nTraceback (most recent call last):\n  File …\n"],
            {},
            "ERROR",
            "ValueError: poison",
        ),
        (["[ERROR] KeyError\nTraceback …\n"], {}, "ERROR", "KeyError"),
        ([f"[ERROR]\t2026-11-25T10:15:00.000Z\t{ID}\tlogged by hand\n"], {}, "OK", None),
        (
            [f"2026-11-25T10:15:00.000Z {ID} Task timed out after 3.00 seconds\n"],
            {"Status": "timeout"},
            "TIMEOUT",
            "Task timed out after 3.00 seconds",
        ),
        (
            [f"RequestId: {ID} Error: {KILLED}\nRuntime.ExitError\n"],
            {"Status": "error", "Error_Type": "Runtime.ExitError"},
            "ERROR",
            KILLED,
        ),
        (
            [],
            {"Status": "error", "Error_Type": "Runtime.OutOfMemory"},
            "ERROR",
            "Runtime.OutOfMemory",
        ),
        (
            [
                "2026-11-25T10:15:00.000Z\tx\tERROR\tInvoke Error \t"
                '{"errorType":"TypeError","errorMessage":"no","stack":["a"]}\n'
            ],
            {},
            "ERROR",
            "TypeError: no",
        ),
        (
            ['{"level":"ERROR","errorType":"ValueError","errorMessage":"no","stackTrace":[]}\n'],
            {},
            "ERROR",
            "ValueError: no",
        ),
        (['{"level":"ERROR","message":"not published"}\n'], {}, "OK", None),
    ],
)
def test_what_came_of_it(
    lines: list[str], more: dict[str, str], outcome: str, error: str | None
) -> None:
    found = only(*lines, **more)
    assert (found.outcome, found.error) == (outcome, error)


def test_an_init_that_failed_is_the_requests() -> None:
    """Tried again within the request, it fails there."""
    failed = "INIT_REPORT Init Duration: 3.10 ms\tPhase: invoke\tStatus: error\tError Type: X\n"
    error = "[ERROR] ModelError: no model\nTraceback …\n"
    (found,) = parsed(error, failed, start(), end(), report(Status="error", Error_Type="X"))
    assert (found.cold, found.outcome, found.error) == (True, "ERROR", "ModelError: no model")


def test_json_as_lambda_writes_it() -> None:
    def platform(kind: str, **record: Any) -> str:
        return json.dumps({"time": "…", "type": f"platform.{kind}", "record": record}) + "\n"

    figures = {"durationMs": 80.3, "billedDurationMs": 81, "memorySizeMB": 512}
    figures |= {"maxMemoryUsedMB": 84, "initDurationMs": 213.4}
    cold, broken = parsed(
        platform("initStart", initializationType="on-demand"),
        platform("start", requestId=ID, version="7"),
        '{"level": "INFO", "message": "batch"}\n',
        platform("runtimeDone", requestId=ID, status="success"),
        platform("report", requestId=ID, status="success", metrics=figures),
        platform("start", requestId=OTHER, version="7"),
        platform("report", requestId=OTHER, status="error", errorType="E", metrics={}),
    )
    assert (cold.version, cold.cold, cold.outcome, cold.init_ms) == ("7", True, "OK", 213.4)
    assert len(cold.lines) == 5
    assert (broken.outcome, broken.error, broken.duration_ms) == ("ERROR", "E", None)


def test_one_that_goes_on_is_unknown() -> None:
    """And one whose REPORT is missing, since the environment was killed."""
    killed, ongoing = parsed(start(), "a\n", start(OTHER), "b\n")
    assert (killed.outcome, killed.ended, texts(killed)[-1]) == ("UNKNOWN", None, "a")
    assert (ongoing.outcome, texts(ongoing)[-1]) == ("UNKNOWN", "b")


def test_a_beginning_in_the_middle_of_a_request_is_none_of_the_next() -> None:
    (found,) = parsed("of a former one\n", end(OTHER), report(OTHER), start(), end(), report())
    assert len(found.lines) == 3


def test_lines_that_look_alike_are_only_lines() -> None:
    """A program may print anything."""
    printed = ('{"type": "platform.start"}\n', '{"type": "platform.report", "record": 5}\n', "{\n")
    found = only(*printed, "RESTART RequestId: x\n", "END\n")
    assert (found.outcome, len(found.lines)) == ("OK", 8)


LOGS = {
    "a": events(start(), "record 4711 rejected\n", end(), report()),
    "b": events(
        start(OTHER), "[ERROR] KeyError\n", end(OTHER), report(OTHER), began=BEGAN + 60_000
    ),
}


def logs(**changes: Any) -> Any:
    return FakeAws(logs=FakeLogs(dict(LOGS), **changes))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(BEGAN / 1000 + seconds, UTC)


def ids(found: list[Invocation]) -> list[str]:
    return [each.request_id for each in found]


def test_the_last_ones() -> None:
    assert ids(last_invocations("f", logs())) == [ID, OTHER]
    assert ids(last_invocations("f", logs(), limit=1)) == [OTHER]
    assert ids(last_invocations("f", logs(), since=moment(30))) == [OTHER]
    assert ids(last_invocations("f", logs(), failed=True)) == [OTHER]


def test_those_of_a_span_of_time() -> None:
    """With their lines, whatever was logged a little later."""
    assert ids(invocations_between("f", logs(), moment(0), moment(1))) == [ID]
    assert ids(invocations_between("f", logs(), moment(0), moment(70))) == [ID, OTHER]
    found = invocations_between("f", logs(), moment(-1), moment(100), {OTHER, "unknown"})
    assert ids(found) == [OTHER]
    assert len(found[0].lines) == 4


@pytest.mark.parametrize("knows_patterns", [True, False])
@pytest.mark.parametrize(("text", "found"), [("4711", [ID]), (OTHER, [OTHER]), ("4712", [])])
def test_those_that_mention_something(knows_patterns: bool, text: str, found: list[str]) -> None:
    """Whole, whichever of their lines it was; also where patterns aren't looked at."""
    aws = logs(knows_patterns=knows_patterns)
    mentioned = invocations_that_mention("f", aws, text)
    assert ids(mentioned) == found
    assert all(len(each.lines) == 4 for each in mentioned)
    assert aws.logs.asked[0]["filterPattern"] == f'"{text}"'


def test_a_moment_may_be_named_before_which_nothing_is_looked_for() -> None:
    assert invocations_that_mention("f", logs(), "4711", moment(0) + timedelta(seconds=1)) == []


def test_a_function_that_never_logged_has_none() -> None:
    aws: Any = FakeAws(logs=FakeLogs())
    assert last_invocations("f", aws) == []
    assert invocations_between("f", aws, moment(0), moment(1)) == []
    assert invocations_that_mention("f", aws, "x") == []
