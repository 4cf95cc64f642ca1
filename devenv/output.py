"""Where a command's words go: data to stdout, progress and errors to stderr.

With `--json` data is one JSON object a line. Colour only on a terminal, and never with NO_COLOR.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

FURTHER_LEFT = " " * 4
"""Before what is too long for its column."""

RESET = "\x1b[0m"
COLOURS = {"dim": "\x1b[2m", "red": "\x1b[31m", "green": "\x1b[32m", "blue": "\x1b[34m"}


@dataclass(frozen=True)
class Output:
    """One command's output; tests pass their own streams."""

    as_json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def data(self, line: str, **values: Any) -> None:
        """Print a result: `line` for people, `values` as one JSON object with `--json`."""
        text = json.dumps(values, default=str) if self.as_json else line
        print(text, file=self.out, flush=True)

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None
    ) -> None:
        """Print aligned columns to stdout (not with `--json`: use `data`). With `width` the last
        column goes on in further lines where it would be wider."""
        cells = [[str(c) for c in row] for row in (header, *rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
        for row in cells:
            padded = [c.ljust(w) + "  " for c, w in zip(row[:-1], widths[:-1], strict=True)]
            for line in _wrapped("".join(padded), row[-1], width):
                print(line.rstrip(), file=self.out, flush=True)

    def progress(self, line: str, colour: str | None = None) -> None:
        print(self.paint(line, colour), file=self.err, flush=True)

    def paint(self, text: str, colour: str | None) -> str:
        """`text` in `colour` where stderr is a terminal that wants it."""
        if colour is None or "NO_COLOR" in os.environ or not self.err.isatty():
            return text
        return f"{COLOURS[colour]}{text}{RESET}"


def _wrapped(start: str, text: str, width: int | None) -> list[str]:
    """`start` and `text` as lines of at most `width`. What is too long for a column of its own, an
    address say, has a line for itself, further left; only what is too long for that stands out."""
    if width is None:
        return [start + text]
    column = " " * len(start)
    lines: list[str] = []
    for part in text.split("\n"):
        line = column
        for word in part.split(" "):
            longer = f"{line} {word}" if line.strip() else line + word
            if len(longer) <= width:
                line = longer
                continue
            if line.strip():
                lines.append(line)
            fits = len(column) + len(word) <= width
            line = (column if fits else FURTHER_LEFT) + word
        lines.append(line)
    if lines[0].startswith(column):
        return [start + lines[0][len(start) :], *lines[1:]]
    return [start, *lines]


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 record`, `2 records`; `plural` where it isn't the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
