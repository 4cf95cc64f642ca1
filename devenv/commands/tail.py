"""`devenv tail`: predictions as they come."""

import json
import time
from collections.abc import Callable
from typing import Any

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.consumer import Position, Read, StreamReader

POSITIONS: dict[str, Position] = {"latest": "LATEST", "trim-horizon": "TRIM_HORIZON"}

QUIET = 10.0
"""Seconds without a record until a hint is given."""

HINTS = {
    "latest": "Nothing yet. From latest shows only what is put from now on: --from trim-horizon "
    "shows what is there. `devenv doctor` says whether predictions can come at all.",
    "trim-horizon": "Nothing yet: the stream is empty. Put a ride (`devenv put`); `devenv doctor` "
    "says whether predictions can come at all.",
}


@click.command()
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
    hint = Hint(position, context.say)
    for count, record in enumerate(reader.read(hint.look), start=1):
        hint.said = True
        text = record.data.decode("utf-8", "replace")
        output.data(_line(record, text), **_values(record, text))
        if count == limit:
            return


class Hint:
    """Says once, if nothing has come for a while, why that may be."""

    def __init__(
        self, position: str, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.said = False
        self._position, self._say, self._clock = position, say, clock
        self._began = clock()

    def look(self) -> bool:
        """Called between two rounds of reading; never ends it."""
        if not self.said and self._clock() - self._began >= QUIET:
            self.said = True
            self._say(HINTS[self._position])
        return False


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
