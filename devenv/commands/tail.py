"""`devenv tail`: predictions as they come."""

import json
from typing import Any

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.consumer import Position, Read, StreamReader

POSITIONS: dict[str, Position] = {"latest": "LATEST", "trim-horizon": "TRIM_HORIZON"}


@click.command(short_help="Print predictions as they come.")
@click.option(
    "--from",
    "position",
    type=click.Choice(list(POSITIONS)),
    default="latest",
    show_default=True,
    help="Only what comes from now on, or everything that the stream still holds.",
)
@click.option("--limit", type=click.IntRange(min=1), help="End after this many records.")
@click.option("--stream", help="Another stream than the one of predictions.")
@pipeline_option
@json_option
@pass_context
def tail(
    context: Context, position: str, limit: int | None, stream: str | None, as_json: bool
) -> None:
    """Print the predictions stream, all shards, until Ctrl-C or --limit."""
    name = stream or context.settings.predictions_stream
    output = context.output(as_json)
    reader = StreamReader(name, POSITIONS[position], context.aws)
    context.say(f"Reading {name} from {position}; Ctrl-C to end.")
    for count, record in enumerate(reader.read(), start=1):
        text = record.data.decode("utf-8", "replace")
        output.data(_line(record, text), **_values(record, text))
        if count == limit:
            return


def _line(record: Read, text: str) -> str:
    return f"{record.arrived:%H:%M:%S}  {record.shard_id}  {text}"


def _values(record: Read, text: str) -> dict[str, Any]:
    """The record with its data parsed where it is JSON, and as text where it isn't."""
    try:
        data = json.loads(text)
    except ValueError:
        data = text
    return {
        "shard_id": record.shard_id,
        "sequence_number": record.sequence_number,
        "partition_key": record.partition_key,
        "arrived": record.arrived.isoformat(),
        "data": data,
    }
