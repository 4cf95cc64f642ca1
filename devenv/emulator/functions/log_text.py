"""A function's log as its readers get it: CloudWatch Logs, an answer's LogResult, people.

The runtime client parts the lines of a traceback by carriage returns where it has no channel of its
own for logs, as here. On Lambda they are line feeds, within one event.
"""

import re
from collections.abc import Iterator

EVENT_LIMIT = 256 * 1024
"""Bytes of one event; Lambda makes several of a longer line."""

TRACEBACK = re.compile(
    r"^(?:\[ERROR\]|[\d-]{10}T[\d:.]+Z\t\S*\t[A-Z]{4,5}\t)[^\n]*\r[^\n]*$", re.MULTILINE
)
"""An error of Python's client; whatever Node's console wrote."""
WARNING = re.compile(r"^[^\n]*LAMBDA_WARNING: Unhandled exception\.[^\n]*(\n|$)", re.MULTILINE)
"""600 characters on runtime updates before each error of init."""


def as_lines(text: str) -> str:
    """With line feeds in tracebacks, as LogResult has them. Others' carriage returns stay."""
    if "\r" not in text:
        return text
    text = text.replace("\r\n", "\n")
    return TRACEBACK.sub(lambda found: found[0].replace("\r", "\n"), text)


def for_people(text: str) -> str:
    """As in `as_lines`, and without the warning that stands before each error of init."""
    return as_lines(WARNING.sub("", text))


def events(text: str) -> Iterator[str]:
    """The messages of CloudWatch's events: one for each line, but a traceback is one."""
    for line in text.split("\n"):
        if line:
            for part in _parts(line):
                yield as_lines(part).removesuffix("\r") + "\n"


def _parts(line: str) -> Iterator[str]:
    if len(line) * 4 <= EVENT_LIMIT:  # As many bytes as a character may have.
        yield line
        return
    encoded = line.encode()
    start = 0
    while start < len(encoded):
        end = start + EVENT_LIMIT
        while end < len(encoded) and encoded[end] & 0xC0 == 0x80:  # Not within a character.
            end -= 1
        yield encoded[start:end].decode("utf-8", "replace")
        start = end
