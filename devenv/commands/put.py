"""`devenv put`: events onto the input stream."""

import re
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.events import parsed, record_of, records_of
from devenv.errors import BadInput
from devenv.output import Output, counted
from devenv.pipelines import PIPELINES
from devenv.pipelines.pipeline import Pipeline
from devenv.producer import ENTRIES_PER_CALL, Put, Record, put_records
from devenv.progress import progress, rate

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
    type=click.File("rb"),
    help="Events from a file, JSON lines or one JSON event; - for stdin, whose lines are put as "
    "they come.",
)
@click.option("--stream", help="Another stream than the pipeline's input.")
@pipeline_option
@json_option
@pass_context
def put(
    context: Context,
    /,
    event: str | None,
    source: BinaryIO | None,
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
    name = stream or context.settings.input_stream
    output = context.output(as_json)
    if source is not None:
        _put_all(context, source, name, output)
        return
    if event is not None:
        record = record_of(parsed(event, "--event"), shape, "--event")
    else:
        record = record_of(event_of(given, context.pipeline), shape)
    began = time.monotonic()
    for done in put_records(name, [record], context.aws):
        _tell(done, output)
    context.say(f"1 record on {name} in {time.monotonic() - began:.2f} s")


def _put_all(context: Context, source: BinaryIO, stream: str, output: Output) -> None:
    """Put what a file holds once all of it has been looked at; what a pipe brings, as it comes."""
    batches: Iterable[list[Record]] = records_of(source, context.pipeline.shape)
    total = None
    if source.seekable():
        batches = list(batches)
        total = sum(map(len, batches))
    began, given, count = time.monotonic(), 0, 0
    try:
        with progress(output, "put", total, "record") as bar:
            for batch in batches:
                given += len(batch)
                for done in put_records(stream, batch, context.aws):
                    count += 1
                    bar.advance(1)
                    if output.as_json:
                        _tell(done, output)
    except BaseException:
        if (total or given) > 1:
            context.say(how_far(count, given if total is None else total, stream))
        raise
    seconds = time.monotonic() - began
    fast = f" ({rate(count, seconds)})" if count > 1 else ""
    context.say(f"{counted(count, 'record')} on {stream} in {seconds:.2f} s{fast}")


def _tell(done: Put, output: Output) -> None:
    output.data(
        f"{done.shard_id}  {done.sequence_number}  {done.record.partition_key}",
        shard_id=done.shard_id,
        sequence_number=done.sequence_number,
        partition_key=done.record.partition_key,
    )


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
