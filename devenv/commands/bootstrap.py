"""`devenv bootstrap`: make what's missing on the endpoint at hand."""

import dataclasses

import click

from devenv import bootstrap as steps
from devenv.account import billed_for_bootstrap
from devenv.commands.consent import ask_before_making, yes_option
from devenv.commands.context import NEXT, Context, json_option, pass_context, trips_option
from devenv.environment import await_servers, model_source


@click.command(short_help="Make what's missing on the endpoint.")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    help="How long endpoint and MLflow may take to answer (default: they must at once).",
)
@trips_option
@yes_option
@json_option
@pass_context
def bootstrap(context: Context, wait: float, trips: str | None, yes: bool, as_json: bool) -> None:
    """Make bucket, streams, role, model, function and mapping, where they are missing.

    Running it again changes nothing, unless lambda_function.py, Pipfile.lock, the champion or a
    setting has changed: then the function is updated. On AWS account, region and what is billed
    are shown first; the function's image must have been published.
    """
    settings = context.settings
    ask_before_making(context, billed_for_bootstrap(settings), yes)
    if wait:
        await_servers(settings, context.aws, wait)
    model = steps.run(settings, context.aws, context.say, model_source(trips))
    context.output(as_json).data(
        f"{model.name} version {model.version} from {model.artifact_uri}",
        **dataclasses.asdict(model),
    )
    for line in NEXT:
        context.say(line)
