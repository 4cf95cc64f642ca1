"""`devenv failures`: what the mapping gave up, with its data."""

from collections.abc import Iterator
from typing import Any

import click

from devenv.commands.consent import ask_before, yes_option
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.record_lines import cut, short_number, short_shard, values, words
from devenv.errors import BadInput
from devenv.output import counted
from devenv.readers.failures import MOST, Failure, Foreign, read_failures
from devenv.redrive import delete

ID = 8
"""Characters of a message's id that are shown."""


def queue_option[F: Any](function: F) -> F:
    return click.option("--queue", help="Another queue.  [default: FAILURE_QUEUE_NAME]")(function)


@click.command()
@queue_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=MOST,
    show_default=True,
    help="How many messages are looked at.",
)
@click.option("--delete", "ids", multiple=True, metavar="ID", help="Delete this message instead.")
@pipeline_option
@yes_option
@json_option
@pass_context
def failures(
    context: Context, queue: str | None, limit: int, ids: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Print the messages of the failure queue, with the data that each one only names.

    The data is read from the stream as long as it is there. `devenv redrive` sends it again.
    """
    name, output = queue or context.settings.failure_queue, context.output(as_json)
    if ids:
        ask_before(context, f"{counted(len(ids), 'message')} will be deleted from {name}.", yes)
        for deleted in delete(name, ids, context.aws):
            output.data(f"{deleted.id}  deleted", id=deleted.id, deleted=True)
        return
    found = read_failures(name, context.aws, limit)
    for each in found:
        if as_json:
            output.data("", **shown(each))
        else:
            for line in lines(each):
                output.data(line)
    more = f", and perhaps others: --limit is {limit:,}" if len(found) >= limit else ""
    context.say(f"{counted(len(found), 'message')} in {name}{more}")


def lines(failure: Failure | Foreign) -> Iterator[str]:
    """For people: when, why, where, and each record's data or what became of it."""
    when = f"{failure.sent.astimezone():%Y-%m-%d %H:%M:%S}"
    if isinstance(failure, Foreign):
        yield cut(f"{failure.id[:ID]}  {when}  tells of no records: {failure.body}")
        return
    attempts = counted(failure.attempts, "attempt")
    yield cut(f"{failure.id[:ID]}  {when}  {failure.condition} ({attempts}){reason(failure)}")
    what = short_number(failure.first_sequence_number)
    if failure.count > 1:
        what = f"{counted(failure.count, 'record')}, {what} to "
        what += short_number(failure.last_sequence_number)
    yield cut(f"          {failure.stream} {short_shard(failure.shard_id)}  {what}")
    for record in failure.records[:5]:
        yield cut(f"          {record.partition_key}  {words(record)}")
    if len(failure.records) > 5:
        yield f"          … and {len(failure.records) - 5} more (--json shows all)"
    if failure.why:
        yield cut(f"          {failure.why}", 160)


def reason(failure: Failure) -> str:
    return f", {failure.error}" if failure.error else ""


def shown(failure: Failure | Foreign) -> dict[str, Any]:
    """The same for programs."""
    found = {name: value for name, value in vars(failure).items() if name != "records"}
    found["sent"] = failure.sent.isoformat()
    if isinstance(failure, Foreign):
        return found | {"data": "FOREIGN"}
    return found | {"stream": failure.stream, "records": [values(r) for r in failure.records]}


def require_some(ids: tuple[str, ...], everything: bool) -> None:
    """Raise `BadInput` unless it's said which messages are meant, in one way."""
    if bool(ids) == everything:
        raise BadInput(
            "Say which: IDs as `devenv failures` shows them (their beginning is enough), or --all."
        )
