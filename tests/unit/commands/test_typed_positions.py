"""Times and starting positions, as they are typed."""

from datetime import UTC, datetime, timedelta

import pytest

from devenv.commands.moments import moment
from devenv.commands.records import start_at
from devenv.consumer import Start
from devenv.errors import BadInput

NOW = datetime(2026, 11, 25, 10, 15, 30, tzinfo=UTC)


def now() -> datetime:
    return NOW


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("2026-11-25T10:00:30Z", timedelta(minutes=15)),
        ("2026-11-25T11:00:30+01:00", timedelta(minutes=15)),
        (str(int(NOW.timestamp()) - 60), timedelta(minutes=1)),
        (f"{NOW.timestamp() - 0.5}", timedelta(seconds=0.5)),
    ],
)
def test_a_moment(text: str, ago: timedelta) -> None:
    assert moment(text, now) == NOW - ago


@pytest.mark.parametrize("text", ["10:15", "9:05", "10:15:20.5", "2026-11-25T10:15", "2026-11-25"])
def test_local_time_is_meant_where_none_is_said(text: str) -> None:
    found = moment(text, now)
    assert found.utcoffset() == found.replace(tzinfo=None).astimezone().utcoffset()
    assert found.date() == NOW.astimezone().date()


@pytest.mark.parametrize(
    "text", ["", "yesterday", "15", "15 m", "-5m", "25:00", "9999999999999999d"]
)
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(BadInput, match="is no moment: expected a time"):
        moment(text, now)


def test_positions() -> None:
    """AWS's names, and the same in lower case with hyphens."""
    assert start_at("TRIM_HORIZON", None) == start_at("trim-horizon", None) == Start()
    assert start_at("latest", None) == Start("LATEST")
    assert start_at("at-sequence-number", "7") == Start("AT_SEQUENCE_NUMBER", "7")
    assert start_at("AFTER_SEQUENCE_NUMBER", "7") == Start("AFTER_SEQUENCE_NUMBER", "7")
    timed = start_at("AT_TIMESTAMP", "2026-11-25T10:15:30Z")
    assert timed == Start("AT_TIMESTAMP", timestamp=NOW)


@pytest.mark.parametrize(
    ("position", "at", "words"),
    [
        ("BEGINNING", None, "expected one of TRIM_HORIZON, LATEST"),
        ("LATEST", "7", "goes with --from AT_TIMESTAMP"),
        ("AT_TIMESTAMP", None, "--from AT_TIMESTAMP needs --at TIME"),
        ("AT_SEQUENCE_NUMBER", None, "--from AT_SEQUENCE_NUMBER needs --at NUMBER"),
        ("AT_SEQUENCE_NUMBER", "15m", "is no sequence number"),
        ("AT_TIMESTAMP", "soon", "is no moment"),
    ],
)
def test_positions_that_do_not_fit(position: str, at: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        start_at(position, at)
