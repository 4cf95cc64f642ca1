"""`devenv tail` says why nothing may be coming."""

from datetime import UTC, datetime

import pytest

from devenv.commands.record_lines import line
from devenv.commands.tail import HINTS, QUIET, Hint
from devenv.consumer import Read
from devenv.readers.records import decoded

WRONG = "Nothing comes: the mapping's last result is PROBLEM: Function call failed."


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Hearing:
    """A hint with what it said, and what it's told of the mapping."""

    def __init__(self, position: str = "latest") -> None:
        self.clock, self.said = Clock(), list[str]()
        self.trouble: str | None = None
        self.hint = Hint(HINTS[position], self.said.append, lambda: self.trouble, self.clock)

    def wait(self, seconds: float = QUIET) -> list[str]:
        """What is said after so long without a record."""
        self.clock.now += seconds
        before = len(self.said)
        assert not self.hint.look(), "reading goes on"
        return self.said[before:]


@pytest.mark.parametrize(
    ("position", "words"),
    [("latest", "--from trim-horizon"), ("trim-horizon", "the stream is empty")],
)
def test_a_hint_is_given_once_after_a_while(position: str, words: str) -> None:
    """And reading goes on."""
    hearing = Hearing(position)
    assert hearing.wait(QUIET - 1) == []
    (line,) = hearing.wait(1)
    assert words in line
    assert "devenv doctor" in line
    assert hearing.wait() == []


def test_no_hint_once_something_came() -> None:
    """Quiet after that is only quiet."""
    hearing = Hearing()
    hearing.hint.heard()
    assert hearing.wait(10 * QUIET) == []


def test_what_is_wrong_with_the_mapping_is_said() -> None:
    """Once, in place of the hint, also long after the last record; and again after it was well."""
    hearing = Hearing()
    hearing.trouble = WRONG
    assert hearing.wait() == [WRONG]
    assert hearing.wait() == []
    hearing.hint.heard()
    assert hearing.wait() == [WRONG]
    hearing.trouble = f"{WRONG} Otherwise."
    assert hearing.wait() == [hearing.trouble]


def read(data: bytes) -> Read:
    return Read("shardId-000000000003", "1", "k", data, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            b'{"model": "m", "prediction": {"ride_duration": 18.20000001, "ride_id": 156}}',
            "model=m  ride_duration=18.2  ride_id=156",
        ),
        (
            b'{"a": [1, 2], "b": null, "c": "two words", "d": {}}',
            "a=[1, 2]  b=null  c=two words  d={}",
        ),
        (b'{"a": "\\u001b[2J"}', 'a="\\u001b[2J"'),
        (b"[1]", "[1]"),
        (b"text", "text"),
        (b"\x1b[2J", '"\\u001b[2J"'),
        (b"{}", "{}"),
    ],
)
def test_a_record_is_shown_by_its_values(data: bytes, text: str) -> None:
    """Short enough for a line of a terminal; what can't be printed is escaped."""
    assert line(decoded("s", read(data))).split("  ", 2)[1:] == ["shard-3", text]
