"""`devenv bench`: how fast the endpoint at hand is, and beside it other emulators."""

from dataclasses import replace

import click

from devenv.bench.figures import table
from devenv.bench.peers import PEERS
from devenv.bench.run import Plan, run
from devenv.commands.consent import ask_before_making, yes_option
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.progress import steps

QUICK = Plan(
    replayed_rides=2_000, replays=1, replay_limit=30, single_rides=20, rounds=1, round_seconds=0.5
)

STEPS = 6
"""What it says beside the replays and the peers: another start, four rates, single rides."""

BILLED = (
    "Kinesis  3 streams of 1 shard each, until the bench has ended, and what is put",
    "Lambda   a function of the bench's own: requests and seconds",
    "Logs     what that function writes; its log group stays",
)


@click.command()
@click.option(
    "--against",
    type=click.Choice(list(PEERS)),
    multiple=True,
    help="The same work on this emulator too, installed and started for this run alone.",
)
@click.option("--rides", type=click.IntRange(100, 1_000_000), help="In a replay.  [default: 20000]")
@click.option("--quick", is_flag=True, help="Less of everything: half a minute, rough figures.")
@pipeline_option
@yes_option
@json_option
@pass_context
def bench(
    context: Context,
    against: tuple[str, ...],
    rides: int | None,
    quick: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Measure records per second in and out, one ride's way, and a replay of many.

    With streams and a function of its own, which are removed again; the function's code and
    model are those of the environment. Medians of several rounds, all subjects in turn. On AWS
    this costs what it uses: a few cents.
    """
    plan = QUICK if quick else Plan()
    if rides is not None:
        plan = replace(plan, replayed_rides=rides)
    ask_before_making(context, BILLED, yes)
    with steps(context.output(), STEPS + plan.replays + len(against)) as say:
        figures = run(context.settings, context.aws, say, against, plan)
    output = context.output(as_json)
    if as_json:
        for found in figures:
            output.data("", **found.as_json())
    else:
        output.table(*table(figures))
