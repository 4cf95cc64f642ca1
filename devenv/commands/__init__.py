"""One module per verb, each with its click command, imported when that is asked for.

They are listed here with their line in `devenv --help`, so that showing it imports none of them.
"""

from importlib import import_module

import click

COMMANDS: dict[str, str] = {
    "up": "Start everything, make everything.",
    "down": "Stop everything.",
    "status": "What runs, and whether a ride gets through.",
    "doctor": "What is wrong, and how to put it right.",
    "bootstrap": "Make what's missing on the endpoint.",
    "put": "Put events on the input stream.",
    "tail": "Print predictions as they come.",
    "records": "What is on a stream, from where, by which fields.",
    "batches": "What became of each batch, attempt by attempt.",
    "invocations": "What each invocation did, from the function's log.",
    "trace": "One event's way, with the time of each step.",
    "failures": "What was given up, with its data.",
    "redrive": "Send again what was given up.",
    "invoke": "Hand the function an event directly.",
    "logs": "What emulator, MLflow and function wrote.",
    "demo": "Predict sample events, one by one.",
    "bench": "Measure the endpoint; --against ministack or stock beside it.",
    "serve": "The function's model as a web service.",
    "template": "The system as a CloudFormation template.",
    "publish": "Build the function's image and push it to ECR.",
    "teardown": "Remove what the bootstrap made.",
}
"""Each command's name, which its module has too, and what `devenv --help` says of it."""


class Commands(click.Group):
    """A group of the commands above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS.keys() | self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.add_command(command(cmd_name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in sorted(COMMANDS)])


def command(name: str) -> click.Command:
    """The command of that name, from the module of that name."""
    found = vars(import_module(f"devenv.commands.{name}")).values()
    return next(c for c in found if isinstance(c, click.Command) and c.name == name)
