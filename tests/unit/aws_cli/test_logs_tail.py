"""`aws logs tail`: from when, in which form, and following."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devenv.aws_cli.logs_tail import found_events, line, start_of

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def event(number: int, timestamp: int, message: str = "hello\n") -> dict[str, Any]:
    return {
        "eventId": str(number),
        "timestamp": timestamp,
        "logStreamName": "2026/01/31/[$LATEST]1",
        "message": message,
    }


@pytest.mark.parametrize(
    ("since", "seconds"),
    [("30s", 30), ("10m", 600), ("1h", 3600), ("2d", 172_800), ("1w", 604_800)],
)
def test_how_long_ago(since: str, seconds: int) -> None:
    assert start_of(since, NOW) == (NOW.timestamp() - seconds) * 1000


@pytest.mark.parametrize(
    "since", ["2026-01-31T11:00:00Z", "2026-01-31T11:00:00", "2026-01-31T12:00:00+01:00"]
)
def test_a_time(since: str) -> None:
    """UTC unless it says otherwise."""
    assert start_of(since, NOW) == (NOW.timestamp() - 3600) * 1000


def test_neither() -> None:
    with pytest.raises(ValueError, match="--since yesterday is neither"):
        start_of("yesterday", NOW)


def test_forms() -> None:
    """CLI 2's three."""
    plain = event(1, 1_700_000_000_123)
    assert line(plain, "short") == "2023-11-14T22:13:20 hello\n"
    assert line(plain, "detailed") == (
        "2023-11-14T22:13:20.123000+00:00 2026/01/31/[$LATEST]1 hello\n"
    )
    assert line(plain, "json").endswith(" hello\n")
    assert line(event(1, 0, '{"a": 1}'), "json").endswith(' {\n    "a": 1\n}\n')


def test_without_follow_it_ends() -> None:
    """Over all pages, by time."""
    pages = [{"events": [event(2, 20), event(1, 10)]}, {"events": [event(3, 15)]}]
    found = found_events(lambda **given: pages, {"logGroupName": "g"}, 5, follow=False)
    assert [e["eventId"] for e in found] == ["1", "3", "2"]


def test_followed_none_is_shown_twice_and_none_is_left_out() -> None:
    """One of the same millisecond that comes later is shown, too."""
    asked: list[int] = []
    looks: Iterator[list[dict[str, Any]]] = iter(
        [
            [event(1, 10), event(2, 20)],
            [event(2, 20), event(3, 20)],
            [event(2, 20), event(3, 20), event(4, 30)],
        ]
    )

    def pages(startTime: int, **given: Any) -> list[dict[str, Any]]:
        asked.append(startTime)
        return [{"events": next(looks)}]

    slept: list[float] = []
    found = found_events(pages, {}, 5, follow=True, sleep=slept.append)
    assert [next(found)["eventId"] for _ in range(4)] == ["1", "2", "3", "4"]
    assert (asked, slept) == ([5, 20, 20], [5.0, 5.0])
