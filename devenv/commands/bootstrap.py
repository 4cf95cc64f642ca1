"""`devenv bootstrap`: make what's missing on the endpoint at hand."""

import dataclasses

import click

from devenv import bootstrap as steps
from devenv.commands.context import (
    Context,
    data_option,
    json_option,
    next_steps,
    pass_context,
    pipeline_option,
)
from devenv.environment import await_servers, model_source


@click.command(short_help="Make what's missing on the endpoint.")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    help="How long endpoint and MLflow may take to answer (default: they must at once).",
)
@pipeline_option
@data_option
@json_option
@pass_context
def bootstrap(context: Context, wait: float, data: str | None, as_json: bool) -> None:
    """Make bucket, streams, role, model, function and mapping, where they are missing.

    Running it again changes nothing, unless lambda_function.py, Pipfile.lock, the champion or a
    setting has changed: then the function is updated.
    """
    settings = context.settings
    if wait:
        await_servers(settings, context.aws, wait)
    model = steps.run(settings, context.aws, context.say, model_source(data, settings.pipeline))
    context.output(as_json).data(
        f"{model.name} version {model.version} from {model.artifact_uri}",
        **dataclasses.asdict(model),
    )
    for line in next_steps(settings):
        context.say(line)
