"""`devenv publish`: the function's image, built and pushed to ECR."""

import dataclasses

import click

from devenv.account import billed_for_publish
from devenv.commands.consent import ask_before_making, yes_option
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.progress import steps
from devenv.publish import publish as publish_image
from devenv.publish.docker_engine import find_engine

STEPS = 3
"""The repository, the build and the push."""


@click.command()
@pipeline_option
@yes_option
@json_option
@pass_context
def publish(context: Context, yes: bool, as_json: bool) -> None:
    """Build the function's image with Docker, push it to ECR, print its address with digest.

    Makes the repository if it's missing. The image is one platform's, FUNCTION_ARCHITECTURE's. On
    AWS `devenv bootstrap` finds it by itself, as long as the function's files and Pipfile.lock are
    the same.
    """
    settings = context.settings
    engine = find_engine()
    ask_before_making(context, billed_for_publish(settings), yes)
    with steps(context.output(), STEPS) as say:
        done = publish_image(settings, context.aws, engine, say)
    context.output(as_json).data(done.uri, **dataclasses.asdict(done))
