"""`devenv records`: what is on a stream."""

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.moments import moment
from devenv.commands.record_lines import line, values
from devenv.consumer import Start, StartType
from devenv.errors import BadInput
from devenv.output import counted
from devenv.readers.conditions import condition
from devenv.readers.records import Query, read_records

TYPES: dict[str, StartType] = {
    "TRIM_HORIZON": "TRIM_HORIZON",
    "LATEST": "LATEST",
    "AT_SEQUENCE_NUMBER": "AT_SEQUENCE_NUMBER",
    "AFTER_SEQUENCE_NUMBER": "AFTER_SEQUENCE_NUMBER",
    "AT_TIMESTAMP": "AT_TIMESTAMP",
}


@click.command()
@click.argument("stream", required=False)
@click.option(
    "--from",
    "position",
    metavar="POSITION",
    default="TRIM_HORIZON",
    show_default=True,
    help="TRIM_HORIZON, LATEST (follows, since nothing is there yet), AT_TIMESTAMP, "
    "AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER; also in lower case, with hyphens.",
)
@click.option(
    "--at",
    metavar="TIME|NUMBER",
    help="With AT_TIMESTAMP a time (2026-11-25T10:15, 10:15) or how long ago (15m); with the other "
    "two a sequence number: its shard is read, with what it was split or merged into.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Only records whose JSON has this: prediction.ride_id=156. Also !=, <, <=, >, >=; may be "
    "given several times.",
)
@click.option("--shard", help="One shard alone, by its id.")
@click.option("--limit", type=click.IntRange(min=1), help="End after this many records.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@pipeline_option
@json_option
@pass_context
def records(
    context: Context,
    stream: str | None,
    position: str,
    at: str | None,
    where: tuple[str, ...],
    shard: str | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> None:
    """Print the records of STREAM (default: the stream of predictions), all shards, decoded.

    \b
    devenv records ride_events --from AT_TIMESTAMP --at 15m
    devenv records --where prediction.ride_id=156 --limit 1
    devenv records --from LATEST --where 'prediction.ride_duration>60'
    """
    start = start_at(position, at)
    query = Query(
        stream or context.settings.predictions_stream,
        start,
        [condition(text) for text in where],
        shard,
        limit,
        follow or start.type == "LATEST",
    )
    output = context.output(as_json)
    count = 0
    found = read_records(query, context.aws)
    if query.follow:
        context.say(f"Reading {query.stream} from {start.type}; Ctrl-C to end.")
    for record in found:
        count += 1
        if as_json:
            output.data("", **values(record))
        else:
            output.data(line(record))
    context.say(f"{counted(count, 'record')} of {query.stream} from {start.type}")


def start_at(position: str, at: str | None) -> Start:
    """Raises `BadInput` where the two don't fit each other."""
    kind = TYPES.get(position.upper().replace("-", "_"))
    if kind is None:
        raise BadInput(f"--from {position}: expected one of {', '.join(TYPES)}.")
    if kind in ("TRIM_HORIZON", "LATEST"):
        if at is not None:
            raise BadInput(f"--at {at} goes with --from AT_TIMESTAMP or a sequence number's alone.")
        return Start(kind)
    if at is None:
        what = (
            "--at TIME (15m: a quarter of an hour ago)" if kind == "AT_TIMESTAMP" else "--at NUMBER"
        )
        raise BadInput(f"--from {kind} needs {what}.")
    if kind == "AT_TIMESTAMP":
        return Start(kind, timestamp=moment(at))
    if not (at.isascii() and at.isdecimal()):
        raise BadInput(f"--at {at} is no sequence number: expected digits alone.")
    return Start(kind, sequence_number=at)
