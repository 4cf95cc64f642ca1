"""`devenv bootstrap`: make what's missing on the endpoint at hand."""

import dataclasses

import click

from devenv import progress
from devenv.account import billed_for_bootstrap
from devenv.bootstrap import steps
from devenv.bootstrap.policies import document, explained
from devenv.bootstrap.role import account_of
from devenv.commands.consent import ask_before_making, yes_option
from devenv.commands.context import (
    Context,
    data_option,
    json_option,
    next_steps,
    pass_context,
    pipeline_option,
)
from devenv.environment import await_servers, install_packages, model_source
from devenv.output import Output
from devenv.settings import Settings

STEPS = 10
"""What it says where nothing is yet: one line for each thing, and one for the training."""


@click.command()
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    help="How long endpoint and MLflow may take to answer (default: they must at once).",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Make nothing: show the role's policies, and why each line is there.",
)
@pipeline_option
@data_option
@yes_option
@json_option
@pass_context
def bootstrap(
    context: Context, wait: float, explain: bool, data: str | None, yes: bool, as_json: bool
) -> None:
    """Make bucket, streams, role, model, function and mapping, where they are missing.

    Running it again changes nothing, unless lambda_function.py, Pipfile.lock, the champion or a
    setting has changed: then the function is updated. On AWS account, region and what is billed
    are shown first; the function's image must have been published.
    """
    settings = context.settings
    if explain:
        _explain(settings, account_of(settings, context.aws), context.output(as_json))
        return
    ask_before_making(context, billed_for_bootstrap(settings), yes)
    if wait:
        await_servers(settings, context.aws, wait)
    with progress.steps(context.output(), STEPS) as say:
        install_packages(settings, say)
        model = steps.run(settings, context.aws, say, model_source(data, settings.pipeline))
    context.output(as_json).data(
        f"{model.name} version {model.version} from {model.artifact_uri}",
        **dataclasses.asdict(model),
    )
    for line in next_steps(settings):
        context.say(line)


def _explain(settings: Settings, account: str, output: Output) -> None:
    """The role's policies, a paragraph each; with `--json` an object each."""
    lines = [f"role {settings.role_name}: Lambda runs the function with it, and reads the stream."]
    for policy in explained(settings, account):
        lines += ["", f"{policy.name} ({policy.arn or 'inline'})"]
        for grant in policy.grants:
            lines += [f"  allow {', '.join(grant.actions)}", f"     on {grant.resource}"]
            for operator, keys in grant.condition.items():
                lines += [f"     if {key} {operator} {' or '.join(keys[key])}" for key in keys]
            lines += [f"     because {grant.why}"]
        if output.as_json:
            output.data(
                "",
                role=settings.role_name,
                policy=policy.name,
                arn=policy.arn,
                document=document(policy.grants),
                why=[grant.why for grant in policy.grants],
            )
    if not output.as_json:
        for line in lines:
            output.data(line)
