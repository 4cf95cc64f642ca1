"""`devenv put`: events onto the input stream."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.errors import BadInput
from devenv.output import counted
from devenv.pipelines import PIPELINES
from devenv.pipelines.pipeline import EventShape, Pipeline
from devenv.producer import ENTRIES_PER_CALL, Record, put_records

MOST_EXACT = 2**53
"""The largest number up to which a double, which JSON's readers may take, has every whole one."""


def event_options[F: Callable[..., object]](function: F) -> F:
    """A flag for each field of each pipeline's events, and for their ids."""
    for name, shape in reversed([(p.name, p.shape) for p in PIPELINES.values()]):
        options = [
            click.option(f.flag, f.name, type=f.kind, help=f"{name}: {f.name}, {f.help}.")
            for f in shape.fields
        ]
        about = f"{name}: the event's id (default: a new one)."
        for option in (click.option(shape.id_flag, shape.id, help=about), *reversed(options)):
            function = option(function)
    return function


@click.command()
@event_options
@click.option("--event", metavar="JSON", help="One event as it is.")
@click.option(
    "--file",
    "source",
    type=click.File("r", encoding="utf-8"),
    help="Events from a file, JSON lines or one JSON event; - for stdin.",
)
@click.option("--stream", help="Another stream than the pipeline's input.")
@pipeline_option
@json_option
@pass_context
def put(
    context: Context,
    /,
    event: str | None,
    source: TextIO | None,
    stream: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Put one event from flags or --event, or many from --file.

    \b
    devenv put --pu 130 --do 205 --distance 3.66
    devenv put --pipeline bike --t1 2 --t2 3 --hum 50 --weather-code 2
    devenv put --event '{"ride": {...}, "ride_id": 1}'
    devenv put --file rides.jsonl
    """
    given = {name: value for name, value in flags.items() if value is not None}
    ways = [name for name, way in (("--event", event), ("--file", source), ("flags", given)) if way]
    if len(ways) > 1:
        raise BadInput(f"{ways[0]} can't be combined with {ways[1]}: give one of them.")
    shape = context.pipeline.shape
    if source is not None:
        records = list(records_of(source, shape))
    elif event is not None:
        records = [record_of(_parsed(event, "--event"), shape, "--event")]
    else:
        records = [record_of(event_of(given, context.pipeline), shape)]
    name = stream or context.settings.input_stream
    output = context.output(as_json)
    began = time.monotonic()
    count = 0
    try:
        for done in put_records(name, records, context.aws):
            count += 1
            output.data(
                f"{done.shard_id}  {done.sequence_number}  {done.record.partition_key}",
                shard_id=done.shard_id,
                sequence_number=done.sequence_number,
                partition_key=done.record.partition_key,
            )
    except BaseException:
        if len(records) > 1:
            context.say(how_far(count, len(records), name))
        raise
    context.say(f"{counted(count, 'record')} on {name} in {time.monotonic() - began:.2f} s")


def how_far(acknowledged: int, given: int, stream: str) -> str:
    """What is known of a put that was cut short: a call of PutRecords may be carried out although
    its answer never comes."""
    words = f"{acknowledged} of {counted(given, 'record')} are on {stream}"
    unknown = min(given - acknowledged, ENTRIES_PER_CALL)
    return f"{words}; up to {unknown} more, which were under way, may be." if unknown else words


def event_of(given: dict[str, Any], pipeline: Pipeline) -> dict[str, object]:
    """The event that the flags make. Raises `BadInput` if they are not all its pipeline's."""
    shape = pipeline.shape
    fields = {field.name: field.flag for field in shape.fields}
    if any(name not in fields and name != shape.id for name in given) or fields.keys() - given:
        flags = list(fields.values())
        raise BadInput(
            f"Give {', '.join(flags[:-1])} and {flags[-1]} for one event of pipeline "
            f"{pipeline.name} (--pipeline chooses another), --event, or --file for many."
        )
    event_id = given.get(shape.id)
    return shape.event(given, id_of(str(event_id)) if event_id else str(uuid.uuid4()))


def id_of(text: str) -> int | str:
    """An event's id from a flag: a whole number if it reads as one, as in the tutorials' events.

    Text stays text that would look otherwise as a number (007), or that not every reader of JSON
    keeps exactly (beyond 2^53).
    """
    number = re.fullmatch(r"0|-?[1-9][0-9]{0,15}", text, re.ASCII)
    return int(text) if number and abs(int(text)) <= MOST_EXACT else text


def records_of(source: TextIO, shape: EventShape) -> Iterator[Record]:
    """Records of JSON lines, or of one JSON object or array that spans lines.

    Raises `BadInput` naming the line; then nothing has been put.
    """
    try:
        text = source.read()
    except UnicodeDecodeError as error:
        raise BadInput(f"{source.name} is not text in UTF-8: {error}.") from error
    try:
        whole = json.loads(text)
    except ValueError:
        yield from _records_of_lines(text, source.name, shape)
        return
    for event in whole if isinstance(whole, list) else [whole]:
        yield record_of(event, shape, source.name)


def record_of(event: Any, shape: EventShape, where: str = "the event") -> Record:
    """One event as a record; its id is the partition key."""
    if not isinstance(event, dict) or shape.id not in event:
        raise BadInput(f"{where}: not an event of this pipeline: expected {shape}.")
    return Record(json.dumps(event).encode(), str(event[shape.id]))


def _records_of_lines(text: str, name: str, shape: EventShape) -> Iterator[Record]:
    # Not splitlines(): U+2028 and its like, which end a line there, may stand in JSON's strings.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{name}, line {number}"
            yield record_of(_parsed(line, where), shape, where)


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"{where} is not JSON: {error}.") from error
