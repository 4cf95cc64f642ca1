"""Output: data to stdout, the rest to stderr, JSON and colour only where they're wanted."""

import io
import json
from datetime import UTC, datetime

import pytest

from devenv.output import Output


class Terminal(io.StringIO):
    """A stream that says it's a terminal."""

    def isatty(self) -> bool:
        return True


def output(as_json: bool = False, err: io.StringIO | None = None) -> Output:
    return Output(as_json, io.StringIO(), err or io.StringIO())


def text(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_data_is_a_line_on_stdout() -> None:
    """And nothing of it on stderr."""
    shown = output()
    shown.data("a ride", ride_id=1)
    assert (text(shown.out), text(shown.err)) == ("a ride\n", "")


def test_data_is_one_json_object_a_line_with_json() -> None:
    """Whatever isn't JSON's is written as text."""
    shown = output(as_json=True)
    shown.data("a ride", ride_id=1, at=datetime(2026, 1, 2, tzinfo=UTC))
    shown.data("another", ride_id=2)
    first, second = map(json.loads, text(shown.out).splitlines())
    assert first == {"ride_id": 1, "at": "2026-01-02 00:00:00+00:00"}
    assert second == {"ride_id": 2}


def test_progress_goes_to_stderr() -> None:
    """So that stdout can be piped."""
    shown = output()
    shown.progress("waiting …")
    assert (text(shown.out), text(shown.err)) == ("", "waiting …\n")


def test_a_table_is_aligned_without_trailing_blanks() -> None:
    """Each column as wide as its widest cell."""
    shown = output()
    shown.table(("WHAT", "STATE"), [("emulator", 1), ("x", "")])
    assert text(shown.out) == "WHAT      STATE\nemulator  1\nx\n"


def test_a_table_of_a_width_goes_on_in_further_lines() -> None:
    """At words and where a cell has a line's end; a word that is too long for its column stands
    further left."""
    shown = output()
    rows = [("a", "one two three\nfour"), ("b", "x" * 12 + " y")]
    shown.table(("WHAT", "STATE"), rows, width=16)
    assert text(shown.out).splitlines() == [
        "WHAT  STATE",
        "a     one two",
        "      three",
        "      four",
        "b",
        "    xxxxxxxxxxxx",
        "      y",
    ]


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stderr's being one that counts."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = output(err=Terminal())
    shown.progress("failed", "red")
    shown.progress("plain")
    assert text(shown.err) == "\x1b[31mfailed\x1b[0m\nplain\n"


def test_a_file_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a pipe."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert output().paint("failed", "red") == "failed"


def test_no_color_is_honoured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set to anything at all."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert output(err=Terminal()).paint("failed", "red") == "failed"
