"""`devenv batches`: what became of each batch."""

import dataclasses
from datetime import datetime

import click

from devenv.commands.batch_lines import batch_line, batch_tree
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.moments import since_option
from devenv.errors import BadInput, DevenvError, NotFound
from devenv.output import Output, counted
from devenv.readers.batches import Batch, Filters, follow_batches, read_batches
from devenv.readers.unknown import Unknown

MOST = 500
"""Of one page."""


@click.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--failed", is_flag=True, help="Only those with an attempt that failed.")
@click.option("--shard", help="Only one shard's, by its id.")
@since_option("Only those that ended since then: a time (10:15) or how long ago (15m).")
@click.option("--request-id", help="Only the one that an invocation was for.")
@click.option("--sequence-number", help="Only those that a record was in.")
@click.option(
    "--mapping", help="Of a mapping's UUID, or a function's name.  [default: FUNCTION_NAME]"
)
@click.option("--all", "of_all", is_flag=True, help="Of all mappings.")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=MOST),
    default=20,
    show_default=True,
    help="How many: the last ones.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@pipeline_option
@json_option
@pass_context
def batches(
    context: Context,
    number: int | None,
    failed: bool,
    shard: str | None,
    since: datetime | None,
    request_id: str | None,
    sequence_number: str | None,
    mapping: str | None,
    of_all: bool,
    limit: int,
    follow: bool,
    as_json: bool,
) -> None:
    """Print the mapping's batches, oldest first; with NUMBER one of them, its attempts as a tree.

    The emulator keeps the last DEVENV_HISTORY_BATCHES. AWS tells nobody what became of a batch.
    """
    output = context.output(as_json)
    if sequence_number and not (sequence_number.isascii() and sequence_number.isdecimal()):
        raise BadInput(f"--sequence-number {sequence_number} is none: expected digits alone.")
    if number is not None:
        for only in found(context, Filters(id=number)):
            show(only, output, as_tree=True)
            return
        raise NotFound(f"There is no batch {number}, or not any more: see `devenv batches`.")
    filters = Filters(
        mapping=None if of_all else mapping or context.settings.function_name,
        shard=shard,
        failed=failed,
        since=since,
        request_id=request_id,
        sequence_number=sequence_number,
        limit=limit,
    )
    listed = found(context, filters)
    for batch in reversed(listed):
        show(batch, output)
    if follow:
        _follow(context, filters, output)
    elif not as_json:
        context.say(
            f"{counted(len(listed), 'batch', 'batches')}; `devenv batches NUMBER` shows one"
        )


def found(context: Context, filters: Filters) -> list[Batch]:
    """The newest first. Raises `DevenvError` with the reason where they can't be known."""
    page = read_batches(filters, context.aws)
    if isinstance(page, Unknown):
        raise DevenvError(str(page))
    if page.left_out:
        context.say(
            f"{counted(page.left_out, 'batch', 'batches')} could not be written down: the "
            "emulator's disk was too slow, or full."
        )
    return page.batches


def show(batch: Batch, output: Output, as_tree: bool = False) -> None:
    if output.as_json:
        output.data("", **dataclasses.asdict(batch))
        return
    for line in batch_tree(batch) if as_tree else [batch_line(batch)]:
        output.data(line)


def _follow(context: Context, filters: Filters, output: Output) -> None:
    """One that grows is shown once it is done, and meanwhile whenever it fails again."""
    following = follow_batches(context.aws)
    if isinstance(following, Unknown):
        raise DevenvError(str(following))
    for batch in following:
        if fits(batch, filters) and (batch.state != "UNDER_WAY" or batch.failed):
            show(batch, output)
    raise DevenvError(f"{context.aws.endpoint} has ended, or tells nothing more.")


def fits(batch: Batch, filters: Filters) -> bool:
    """Whether what is told as it happens is what was asked for."""
    name = filters.mapping
    return (
        (
            name is None
            or name in (batch.mapping, batch.function)
            or f":{name}:" in f"{batch.function}:"
        )
        and filters.shard in (None, batch.shard)
        and (batch.failed or not filters.failed)
        and filters.request_id in (None, *(attempt.request_id for attempt in batch.attempts))
        and (filters.sequence_number is None or batch.covers(filters.sequence_number))
    )
