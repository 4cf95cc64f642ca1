"""`devenv redrive`: send again what the mapping gave up."""

import click

from devenv.commands.consent import ask_before, yes_option
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.failures import ID, queue_option, require_some
from devenv.commands.record_lines import cut
from devenv.output import counted
from devenv.readers.failures import MOST
from devenv.redrive import Redriven, Target
from devenv.redrive import redrive as send_again


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All messages of the queue.")
@click.option(
    "--to",
    "target",
    type=click.Choice(["stream", "function"]),
    default="stream",
    show_default=True,
    help="Put the records on their stream again, with the same keys; or invoke the function.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send and delete nothing.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=MOST,
    show_default=True,
    help="How many messages are looked at.",
)
@queue_option
@pipeline_option
@yes_option
@json_option
@pass_context
def redrive(
    context: Context,
    ids: tuple[str, ...],
    everything: bool,
    target: Target,
    dry_run: bool,
    limit: int,
    queue: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Send the records of failure messages again, and delete each message that this succeeds for.

    \b
    devenv redrive 3f2a            (a message by the beginning of its id)
    devenv redrive --all --dry-run
    devenv redrive --all --to function

    Expired records are named, and their messages stay. Exits 1 if any message is left.
    """
    require_some(ids, everything)
    name, output = queue or context.settings.failure_queue, context.output(as_json)
    if not dry_run:
        what = "All messages" if everything else counted(len(ids), "message")
        ask_before(context, f"{what} of {name} will be sent to the {target} again.", yes)
    found = send_again(name, None if everything else ids, target, context.aws, dry_run, limit)
    done = left = 0
    for each in found:
        done, left = done + each.done, left + (not each.done)
        output.data(
            line(each, target, dry_run),
            id=each.failure.id,
            done=each.done,
            why=each.why,
            dry_run=dry_run,
            to=target,
            records=len(each.failure.records),
            sequence_numbers=[record.sequence_number for record in each.failure.records],
        )
    sent = "would be sent" if dry_run else "sent"
    rest = f", {counted(left, 'message')} left in {name}" if left else ""
    context.say(f"{counted(done, 'message')} {sent}{rest}")
    if done + left >= limit:
        context.say(f"No more than {limit:,} were looked at (--limit): there may be others.")
    return 1 if left else 0


def line(each: Redriven, target: Target, dry_run: bool) -> str:
    """For people."""
    failure = each.failure
    if not each.done:
        return cut(f"{failure.id[:ID]}  left: {each.why}", 160)
    where = failure.stream if target == "stream" else failure.function.partition(":function:")[2]
    sent = "would be sent" if dry_run else "sent"
    note = f" ({each.why})" if each.why else ""
    return cut(
        f"{failure.id[:ID]}  {counted(len(failure.records), 'record')} {sent} to {where}{note}", 160
    )
