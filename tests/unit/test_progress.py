"""Progress of long work: lines now and then, a bar on a terminal, what each says."""

import io

from devenv.output import Output
from devenv.progress import LINE_INTERVAL, Bar, Lines, progress, steps


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_now_and_then() -> None:
    """How many, of how many, how fast, and how long it will take."""
    clock, said = Clock(), list[str]()
    lines = Lines(said.append, "put", 4_000, "record", clock)
    lines.advance(500)
    clock.now = LINE_INTERVAL
    lines.advance(500)
    lines.advance(500)
    assert said == ["put: 1,000 of 4,000 records, 100/s, 30 s left"]


def test_a_line_without_a_known_end() -> None:
    """Of a pipe."""
    clock, said = Clock(), list[str]()
    lines = Lines(said.append, "put", None, "record", clock)
    clock.now = 2 * LINE_INTERVAL
    lines.advance(20)
    assert said == ["put: 20 records, 1/s"]


def test_a_bar_is_not_redrawn_for_each() -> None:
    """Drawing takes longer than a record."""
    clock, shown = Clock(), list[tuple[int, float]]()
    bar = Bar(lambda done, seconds: shown.append((done, seconds)), clock)
    bar.advance(1)
    clock.now = 1.0
    bar.advance(1)
    bar.advance(1)
    assert shown == [(2, 1.0)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_left_of_a_bar() -> None:
    """It's drawn on stderr, and gone in the end."""
    out, err = io.StringIO(), Terminal()
    with progress(Output(out=out, err=err), "put", 2, "record") as shown:
        shown.advance(2)
    assert out.getvalue() == ""
    assert "put" in err.getvalue()


def test_no_bar_without_a_terminal() -> None:
    """Short work says nothing there."""
    err = io.StringIO()
    with progress(Output(err=err), "put", 2, "record") as shown:
        shown.advance(2)
    assert err.getvalue() == ""


def test_steps_are_lines() -> None:
    """As they are given, with a bar below them on a terminal, and none elsewhere."""
    plain = io.StringIO()
    with steps(Output(err=plain), 2) as say:
        say("bucket [b]: made")
    assert plain.getvalue() == "bucket [b]: made\n"
    terminal = Terminal()
    with steps(Output(err=terminal), 2) as say:
        say("bucket [b]: made")
    assert "bucket [b]: made\n" in terminal.getvalue()
    assert "━" in terminal.getvalue()
