"""How far long work has come: a bar on a terminal, plain lines anywhere else.

rich draws the bars. It takes a tenth of a second to import, which only a terminal waits for.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from devenv.output import Output

if TYPE_CHECKING:
    from rich.console import Console

LINE_INTERVAL = 10.0
"""Seconds between two lines where stderr is no terminal."""
BAR_INTERVAL = 0.05
"""Seconds between two changes of a bar."""


class Progress(Protocol):
    """Told by whoever does the work."""

    def advance(self, count: int) -> None:
        """`count` more are done."""
        ...


@contextmanager
def progress(output: Output, label: str, total: int | None, noun: str) -> Iterator[Progress]:
    """Show how many of `total` (None: not known) things, `noun`s, are done, and how fast."""
    if not output.err.isatty():
        yield Lines(output.progress, label, total, noun)
        return
    from rich import progress as rich

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn(f"{noun}s"),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TimeRemainingColumn(compact=True),
    )
    with rich.Progress(*columns, console=_console(output), transient=True) as bars:
        task = bars.add_task(label, total=total, rate="")

        def show(done: int, seconds: float) -> None:
            bars.update(task, completed=done, rate=rate(done, seconds))

        yield Bar(show)


@contextmanager
def steps(output: Output, count: int) -> Iterator[Callable[[str], None]]:
    """Yield what says, a line each, that one of about `count` steps begins or is done. On a
    terminal a bar below the lines shows how far it has come, and since when."""
    if not output.err.isatty():
        yield output.progress
        return
    from rich import progress as rich

    columns = (rich.SpinnerColumn(), rich.BarColumn(24), rich.TimeElapsedColumn())
    with rich.Progress(*columns, console=_console(output), transient=True) as bars:
        task = bars.add_task("", total=count + 1)

        def say(line: str) -> None:
            bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
            bars.advance(task)

        yield say


def _console(output: Output) -> "Console":
    from rich.console import Console

    return Console(file=output.err, no_color="NO_COLOR" in os.environ or None)


class Bar:
    """Progress that is shown by `show`, which gets how many are done and in how many seconds."""

    def __init__(
        self, show: Callable[[int, float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._show, self._clock = show, clock
        self._began = self._shown = clock()
        self._done = 0

    def advance(self, count: int) -> None:
        self._done += count
        now = self._clock()
        if now - self._shown >= BAR_INTERVAL:
            self._shown = now
            self._show(self._done, now - self._began)


class Lines:
    """Progress as plain lines, one every `LINE_INTERVAL` seconds at most."""

    def __init__(
        self,
        say: Callable[[str], None],
        label: str,
        total: int | None,
        noun: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._label, self._total, self._noun = say, label, total, noun
        self._clock = clock
        self._began = self._told = clock()
        self._done = 0

    def advance(self, count: int) -> None:
        self._done += count
        now = self._clock()
        if now - self._told < LINE_INTERVAL:
            return
        self._told = now
        of = f" of {self._total:,}" if self._total else ""
        fast = rate(self._done, now - self._began)
        line = f"{self._label}: {self._done:,}{of} {self._noun}s, {fast}"
        if self._total:
            left = (self._total - self._done) * (now - self._began) / max(self._done, 1)
            line += f", {left:.0f} s left"
        self._say(line)


def rate(count: int, seconds: float) -> str:
    return f"{count / seconds:,.0f}/s" if seconds > 0 else ""
