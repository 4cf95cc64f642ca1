"""Lambda's own lines and errors, letter by letter."""

import json
from datetime import UTC, datetime

import pytest

from devenv.emulator.functions import log_lines
from devenv.emulator.functions.log_lines import Report

ID = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"


def test_start_and_end() -> None:
    """The version is the invoked one."""
    assert log_lines.start(ID, "$LATEST") == f"START RequestId: {ID} Version: $LATEST"
    assert log_lines.end(ID) == f"END RequestId: {ID}"


def test_the_report_of_a_warm_invocation() -> None:
    """Tabs between the fields; billed are whole milliseconds, rounded up."""
    assert str(Report(ID, duration=15.741, memory_size=512, max_memory=79)) == (
        f"REPORT RequestId: {ID}\tDuration: 15.74 ms\tBilled Duration: 16 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 79 MB"
    )


def test_the_report_of_a_cold_invocation() -> None:
    """Init is billed with it."""
    report = Report(ID, duration=15.2, memory_size=512, max_memory=79, init_duration=2400.3)
    assert str(report) == (
        f"REPORT RequestId: {ID}\tDuration: 15.20 ms\tBilled Duration: 2416 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 79 MB\tInit Duration: 2400.30 ms"
    )


def test_the_report_of_a_failed_invocation() -> None:
    """A timeout has no error type."""
    crashed = Report(ID, 1, 128, 30, status="error", error_type="Runtime.ExitError")
    assert str(crashed).endswith("30 MB\tStatus: error\tError Type: Runtime.ExitError")
    assert str(Report(ID, 1, 128, 30, status="timeout")).endswith("30 MB\tStatus: timeout")


def test_the_report_of_an_init() -> None:
    """Of one that failed; in the invocation it's tried again."""
    assert log_lines.init_report(10000, "init", "timeout", None) == (
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
    )
    assert log_lines.init_report(12.345, "invoke", "error", "Runtime.ExitError") == (
        "INIT_REPORT Init Duration: 12.35 ms\tPhase: invoke\tStatus: error\t"
        "Error Type: Runtime.ExitError"
    )


def test_a_timeout_has_its_moment_in_milliseconds() -> None:
    """UTC."""
    moment = datetime(2026, 11, 21, 1, 2, 3, 45678, tzinfo=UTC)
    assert log_lines.timed_out(ID, 15, moment) == (
        f"2026-11-21T01:02:03.045Z {ID} Task timed out after 15.00 seconds"
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("exit status 0", "Runtime exited without providing a reason"),
        ("exit status 1", "Runtime exited with error: exit status 1"),
        ("signal: killed", "Runtime exited with error: signal: killed"),
    ],
)
def test_an_exit_is_worded_as_lambda_words_it(reason: str, words: str) -> None:
    """In the log and in the error object."""
    assert log_lines.exit_words(reason) == words
    assert log_lines.exited(ID, reason) == f"RequestId: {ID} Error: {words}\nRuntime.ExitError"


def test_an_error_that_lambda_makes_up() -> None:
    """Type and message, no stack trace."""
    payload = log_lines.error_payload(ID, "Runtime.ExitError", "it exited")
    assert json.loads(payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {ID} Error: it exited",
    }
