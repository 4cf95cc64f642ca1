"""`devenv logs`: what the services and the function wrote."""

import click

from devenv.commands.context import Context, pass_context, pipeline_option
from devenv.errors import NotFound
from devenv.place import Place, commands
from devenv.readers.function_logs import log_events
from devenv.stack.embedded import NAMES
from devenv.stack.log_files import follow, last_lines
from devenv.stack.process import Registry


@click.command()
@click.argument("source", type=click.Choice([*NAMES, "function"]), default="function")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="How many past lines.",
)
@pipeline_option
@pass_context
def logs(context: Context, source: str, following: bool, lines: int) -> None:
    """Print the log of emulator, mlflow or function (the default; from CloudWatch Logs)."""
    output = context.output()
    if source == "function":
        for line in log_events(context.settings.function_name, context.aws, lines, following):
            output.data(line)
        return
    path = Registry(context.settings.home).log_file(source)
    where = None if Registry(context.settings.home).find(source) else commands(context.settings)
    if where is not None and where.place is Place.COMPOSE:
        raise NotFound(f"{source} runs in a container: {where.logs(source)} shows its log.")
    if not path.is_file():
        start = f" Try {where.start}." if where and where.start else ""
        raise NotFound(f"{path} does not exist: {source} has not run here.{start}")
    for line in last_lines(path, lines):
        output.data(line)
    if following:
        for _, line in follow({source: path}):
            output.data(line)
