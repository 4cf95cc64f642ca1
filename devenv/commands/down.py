"""`devenv down`: stop the embedded environment."""

import shutil

import click

from devenv.commands.context import Context, pass_context
from devenv.environment import take_down
from devenv.stack.embedded import Embedded


@click.command()
@click.option("--purge", is_flag=True, help="Also delete all state: models, records, logs.")
@pass_context
def down(context: Context, purge: bool) -> None:
    """Stop emulator, MLflow server and functions. Running it again is harmless."""
    settings = context.settings
    if not settings.home.is_dir():
        context.say(f"Nothing to stop: {settings.home} does not exist.")
        return
    embedded = Embedded(settings, context.say)
    with embedded.exclusive():
        stopped = take_down(embedded)
        context.say(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing was running.")
        if purge:
            shutil.rmtree(settings.home)
            context.say(f"Deleted {settings.home}.")
