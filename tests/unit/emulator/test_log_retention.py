"""CloudWatch Logs keeps the end of a function's log, since it's in memory."""

from types import SimpleNamespace

import pytest

from devenv.emulator.functions.log_retention import EVENTS, SLACK, shorten, trim


def test_the_first_events_go_when_there_are_too_many(caplog: pytest.LogCaptureFixture) -> None:
    """The emulator's log says so."""
    stream = SimpleNamespace(events=list(range(EVENTS + SLACK)), log_stream_name="a")
    shorten(stream, "/aws/lambda/f")
    assert len(stream.events) == EVENTS + SLACK
    stream.events.append(EVENTS + SLACK)
    shorten(stream, "/aws/lambda/f")
    assert (stream.events[0], len(stream.events)) == (SLACK + 1, EVENTS)
    assert f"The first {SLACK + 1} events of a in /aws/lambda/f were dropped" in caplog.text


def test_a_stream_that_is_not_there_is_left_alone() -> None:
    """It may have been deleted meanwhile."""
    trim("arn:aws:iam::000000000000:role/r", "us-east-1", "/aws/lambda/none", "a")
