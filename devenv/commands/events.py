"""Events from a file or standard input, JSON lines or one JSON value, as records."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from devenv.errors import BadInput
from devenv.pipelines.pipeline import EventShape
from devenv.producer import Record

CHUNK = 256 * 1024
"""Bytes that are read at once, at most."""

type Line = tuple[int, str]
"""With its number, counted from 1."""


def records_of(source: BinaryIO, shape: EventShape) -> Iterator[list[Record]]:
    """Records of JSON lines, or of one JSON object or array that spans lines; of lines, each time
    as many as are there, so that what is written to a pipe needn't wait for its end.

    Raises `BadInput` naming the line.
    """
    pieces = _lines(source)
    head: list[Line] = []
    for piece in pieces:
        head += piece
        first = next((line for _, line in head if line.strip()), None)
        if first is None:
            continue
        if not isinstance(_value(first), dict):
            yield list(_of_whole([*head, *itertools.chain(*pieces)], source.name, shape))
            return
        break
    for piece in itertools.chain([head], pieces):
        if records := list(_of_lines(piece, source.name, shape)):
            yield records


def record_of(event: Any, shape: EventShape, where: str = "the event") -> Record:
    """One event as a record; its id is the partition key."""
    if not isinstance(event, dict) or shape.id not in event:
        raise BadInput(f"{where}: not an event of this pipeline: expected {shape}.")
    return Record(json.dumps(event).encode(), str(event[shape.id]))


def parsed(text: str, where: str) -> Any:
    """The value of JSON. Raises `BadInput`."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{where} is not JSON: {error}.") from error


def _lines(source: BinaryIO) -> Iterator[list[Line]]:
    """All lines that one read gave; the last one may be without an end."""
    # Not by iterating over text: U+2028 and its like, which end a line there, may stand in strings.
    read = getattr(source, "read1", source.read)
    count, rest = 0, b""
    while chunk := read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield [(n, _text(line, source)) for n, line in enumerate(whole, start=count + 1)]
            count += len(whole)
    if rest:
        yield [(count + 1, _text(rest, source))]


def _text(line: bytes, source: BinaryIO) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{source.name} is not text in UTF-8: {error}.") from error


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _of_whole(lines: list[Line], name: str, shape: EventShape) -> Iterator[Record]:
    try:
        whole = json.loads("\n".join(line for _, line in lines))
    except ValueError:
        yield from _of_lines(lines, name, shape)
        return
    for event in whole if isinstance(whole, list) else [whole]:
        yield record_of(event, shape, name)


def _of_lines(lines: Iterable[Line], name: str, shape: EventShape) -> Iterator[Record]:
    for number, line in lines:
        if line.strip():
            where = f"{name}, line {number}"
            yield record_of(parsed(line, where), shape, where)
