"""`devenv invocations`: what each invocation of the function did, from its log."""

from dataclasses import asdict
from datetime import datetime

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.moments import since_option
from devenv.commands.record_lines import clock, cut
from devenv.errors import NotFound
from devenv.output import counted
from devenv.readers.invocation_logs import Invocation
from devenv.readers.invocations import invocations_that_mention, last_invocations


@click.command()
@click.argument("request_id", required=False)
@click.option("--failed", is_flag=True, help="Only those that failed or timed out.")
@since_option("Only those that ended since then: a time (10:15) or how long ago (15m).")
@click.option("--function", help="Another function.  [default: FUNCTION_NAME]")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many: the last ones.",
)
@pipeline_option
@json_option
@pass_context
def invocations(
    context: Context,
    request_id: str | None,
    failed: bool,
    since: datetime | None,
    function: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print the function's last invocations, oldest first; with REQUEST_ID one, and its log.

    From the lines that Lambda writes into CloudWatch Logs: the same here and on AWS.
    """
    output, name = context.output(as_json), function or context.settings.function_name
    if request_id is not None:
        for each in invocations_that_mention(name, context.aws, request_id, since):
            output.data(line(each), **asdict(each))
            if not as_json:
                for logged in each.lines:
                    output.data(f"  {logged.text}")
            return
        raise NotFound(
            f"The log of {name} at {context.settings.endpoint} has no request {request_id}, or not "
            "yet: see `devenv invocations`."
        )
    found = last_invocations(name, context.aws, limit, since, failed)
    for each in found:
        output.data(line(each), **asdict(each))
    if not as_json:
        context.say(
            f"{counted(len(found), 'invocation')} of {name}; `devenv invocations REQUEST_ID` shows "
            "one with its log"
        )


def line(each: Invocation) -> str:
    """When, which, how long, and what came of it."""
    took = f"{each.duration_ms:,.0f} ms" if each.duration_ms is not None else "–"
    start = f"cold {each.init_ms or 0:,.0f} ms" if each.cold else ""
    memory = f"{each.max_memory_mb:.0f} MB" if each.max_memory_mb is not None else ""
    error = f" {each.error}" if each.error else ""
    return cut(
        f"{clock(each.began)}  {each.request_id[:8]}  {took:>9}  {memory:>7}  {start:<13}  "
        f"{each.outcome}{error}"
    )
