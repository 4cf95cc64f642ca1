"""`devenv put`: rides onto the input stream."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any, TextIO

import click

from devenv.commands.context import Context, json_option, pass_context
from devenv.errors import BadInput
from devenv.producer import Record, put_records


@click.command(short_help="Put rides on the input stream.")
@click.option("--pu", type=int, help="PULocationID, the zone where the ride begins.")
@click.option("--do", "do_", type=int, help="DOLocationID, the zone where it ends.")
@click.option("--distance", type=float, help="trip_distance in miles.")
@click.option("--ride-id", help="The ride's id (default: a new one).")
@click.option(
    "--file",
    "source",
    type=click.File("r", encoding="utf-8"),
    help="Rides from a file, JSON lines or one JSON event; - for stdin.",
)
@click.option("--stream", help="Another stream than the one of rides.")
@json_option
@pass_context
def put(
    context: Context,
    pu: int | None,
    do_: int | None,
    distance: float | None,
    ride_id: str | None,
    source: TextIO | None,
    stream: str | None,
    as_json: bool,
) -> None:
    """Put one ride from flags, or many from --file.

    \b
    devenv put --pu 130 --do 205 --distance 3.66
    devenv put --file rides.jsonl
    echo '{"ride": {...}, "ride_id": 1}' | devenv put --file -
    """
    flags = (pu, do_, distance)
    if source is None and None in flags:
        raise BadInput("Give --pu, --do and --distance for one ride, or --file for many.")
    if source is not None and any(value is not None for value in (*flags, ride_id)):
        raise BadInput("--file can't be combined with --pu, --do, --distance or --ride-id.")
    if source is not None:
        records = list(records_of(source))
    else:
        ride = {"PULocationID": pu, "DOLocationID": do_, "trip_distance": distance}
        records = [record_of({"ride": ride, "ride_id": ride_id or str(uuid.uuid4())})]
    name = stream or context.settings.input_stream
    output = context.output(as_json)
    began = time.monotonic()
    count = 0
    for done in put_records(name, records, context.aws):
        count += 1
        output.data(
            f"{done.shard_id}  {done.sequence_number}  {done.record.partition_key}",
            shard_id=done.shard_id,
            sequence_number=done.sequence_number,
            partition_key=done.record.partition_key,
        )
    context.say(f"{count} records on {name} in {time.monotonic() - began:.2f} s")


def records_of(source: TextIO) -> Iterator[Record]:
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
        yield from _records_of_lines(text, source.name)
        return
    for event in whole if isinstance(whole, list) else [whole]:
        yield record_of(event, source.name)


def record_of(event: Any, where: str = "the ride") -> Record:
    """One event as a record; the ride's id is its partition key."""
    if not isinstance(event, dict) or "ride_id" not in event:
        raise BadInput(f'{where}: not a ride: expected {{"ride": {{…}}, "ride_id": …}}.')
    return Record(json.dumps(event).encode(), str(event["ride_id"]))


def _records_of_lines(text: str, name: str) -> Iterator[Record]:
    # Not splitlines(): U+2028 and its like, which end a line there, may stand in JSON's strings.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError as error:
            raise BadInput(f"{name}, line {number} is not JSON: {error}.") from error
        yield record_of(event, f"{name}, line {number}")
