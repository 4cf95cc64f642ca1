"""`devenv template`: the system as a CloudFormation template."""

import json

import click

from devenv.bootstrap.function import function_spec
from devenv.bootstrap.image import function_image
from devenv.bootstrap.model import existing_model
from devenv.bootstrap.template import template as stack_template
from devenv.commands.context import Context, pass_context, pipeline_option


@click.command()
@pipeline_option
@pass_context
def template(context: Context) -> None:
    """Print what the bootstrap makes as a CloudFormation template.

    \b
    devenv template > system.json
    aws cloudformation deploy --stack-name rides --template-file system.json \\
        --capabilities CAPABILITY_NAMED_IAM

    Streams, queue, role, log group, function and mapping. The model is there before: it is the
    champion's, or RUN_ID's. Names are those of the settings, so that a stack and a bootstrap can't
    be beside each other with the same ones.
    """
    settings, aws = context.settings, context.aws
    model = existing_model(settings, aws)
    spec = function_spec(settings, function_image(settings, aws), "", model)
    context.output().data(json.dumps(stack_template(settings, spec), indent=2))
