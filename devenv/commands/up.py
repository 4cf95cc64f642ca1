"""`devenv up`: start everything, make everything, and show the logs (or leave it running)."""

from collections.abc import Collection

import click

from devenv.commands.context import Context, data_option, next_steps, pass_context, pipeline_option
from devenv.environment import bring_up, bring_up_empty, stop_owned
from devenv.errors import BadInput, DevenvError
from devenv.progress import steps
from devenv.settings import Settings
from devenv.stack.embedded import NAMES, Embedded
from devenv.stack.log_files import follow
from devenv.stack.process import Running

STEPS = 14
"""What it says of a first start: two servers begun, two up, ten lines of the bootstrap."""


@click.command()
@click.option("-d", "--detach", is_flag=True, help="Leave it running in the background.")
@click.option(
    "--empty",
    is_flag=True,
    help="Make nothing but MLflow's bucket: for streams and functions of your own.",
)
@pipeline_option
@data_option
@pass_context
def up(context: Context, detach: bool, empty: bool, data: str | None) -> None:
    """Start emulator and MLflow server, and make model, role, streams, function and mapping.

    In the foreground the logs are shown until Ctrl-C, which stops everything that was started
    here. Running it again is harmless.
    """
    settings = context.settings
    if empty and data is not None:
        raise BadInput("--empty makes no model, so there's nothing to train on --data.")
    with steps(context.output(), STEPS) as say:
        if empty:
            result = bring_up_empty(settings, context.aws, say)
        else:
            result = bring_up(settings, context.aws, say, data)
    for line in summary_of_empty(settings) if empty else summary(settings):
        context.say(line)
    if detach:
        return
    embedded = Embedded(settings, context.say)
    context.say("Logs follow; Ctrl-C to stop." if result.owned else "Logs follow; Ctrl-C to end.")
    try:
        files = {name: embedded.registry.log_file(name) for name in (*NAMES, "function")}
        for label, line in follow(files, alive=lambda: _check_alive(embedded, result.owned)):
            context.output().data(f"{label:<8} | {line}")
    except _StoppedElsewhere:
        context.say("Stopped by `devenv down`.")
    except BaseException:
        if result.owned:
            context.say("Stopping …")
            stop_owned(embedded, result.owned)
        raise


def summary(settings: Settings) -> list[str]:
    """Where things are, and what to do next."""
    return [
        "",
        f"  endpoint   {settings.endpoint} (region {settings.region})",
        f"  streams    {settings.input_stream} → {settings.predictions_stream}",
        f"  MLflow     {settings.mlflow_tracking_uri}",
        "",
        *next_steps(settings),
        "",
    ]


def summary_of_empty(settings: Settings) -> list[str]:
    return [
        "",
        f"  endpoint   {settings.endpoint} (region {settings.region})",
        f"  MLflow     {settings.mlflow_tracking_uri}, artifacts in s3://{settings.model_bucket}",
        "",
        "Next: aws kinesis create-stream --stream-name NAME --shard-count 1",
        "      devenv bootstrap   (makes this project's system after all)",
        "",
    ]


class _StoppedElsewhere(Exception):
    """The services were stopped by another command."""


def _check_alive(embedded: Embedded, owned: Collection[Running]) -> None:
    """Raise if a service has ended: `_StoppedElsewhere`, or `DevenvError` if it was by itself.

    One that runs as another process than this command's own has ended, too.
    """
    registry = embedded.registry
    own = {running.name: running for running in owned}

    def ended(name: str) -> bool:
        found = registry.find(name)
        return found is None or found != own.get(name, found)

    gone = next((n for n in NAMES if embedded.expects(n) and ended(n)), None)
    if gone is None:
        return
    if not registry.home.is_dir():
        raise _StoppedElsewhere
    with embedded.exclusive():  # Another command may be in the middle of stopping or starting it.
        if not registry.remembers(gone):
            raise _StoppedElsewhere
        if not ended(gone):
            return
        anew = ", and another command has started it anew" if registry.find(gone) else ""
    raise DevenvError(f"{gone} has ended by itself{anew}. See {registry.log_file(gone)}.")
