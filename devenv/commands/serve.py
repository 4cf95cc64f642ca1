"""`devenv serve`: the function's model as a web service, until Ctrl-C."""

import json

import click

from devenv.commands.context import Context, pass_context, pipeline_option
from devenv.stack import function_packages
from devenv.stack.web_service import has_model_of_its_own, serve, web_service

PORTS = click.IntRange(1, 65535)


@click.command("serve")
@click.option("--port", type=PORTS, help="Where to listen, on loopback (default: DEVENV_WEB_PORT).")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes, each with the model.",
)
@pipeline_option
@pass_context
def serve_command(context: Context, port: int | None, workers: int) -> None:
    """Answer POST /predict with a prediction and the model's version; GET /health, too.

    The model is the one that the function on the endpoint is configured with, or RUN_ID's.
    Requests are logged on stderr. Ctrl-C stops it.
    """
    settings = context.settings
    if not has_model_of_its_own(settings):
        # For the words of its errors: the service would say it with a traceback.
        context.aws.functions.get_function_configuration(FunctionName=settings.function_name)
    packages = function_packages.ensure(settings.root, context.say)
    service = web_service(settings, packages, port or settings.web_port, workers)

    def ready() -> None:
        context.say(f"\nServing {service.url}; Ctrl-C to stop. Try:")
        header = "-H 'Content-Type: application/json'"
        example = {field.name: field.sample for field in context.pipeline.shape.fields}
        context.say(f"  curl {service.url}/predict {header} -d '{json.dumps(example)}'\n")

    serve(service, ready)
