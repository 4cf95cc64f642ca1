"""What commands are handed: settings, clients and output, each made when first asked for.

So `--help` needs no settings, and `down` no region.
"""

from collections.abc import Callable
from functools import cached_property

import click

from devenv import settings as settings_module
from devenv.aws import Aws
from devenv.output import Output
from devenv.settings import Settings

NEXT = (
    "Next: devenv put --pu 130 --do 205 --distance 3.66",
    "      devenv tail --from trim-horizon --limit 1",
)
"""What to do once everything is made."""


class Context:
    """The collaborators of one run of the command line."""

    known_settings: Settings | None = None
    """The settings, if the command has read them: for the words of an error."""

    @cached_property
    def settings(self) -> Settings:
        self.known_settings = settings_module.from_process()
        return self.known_settings

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.settings)

    def output(self, as_json: bool = False) -> Output:
        return Output(as_json)

    def say(self, line: str) -> None:
        """Progress, on stderr."""
        Output().progress(line)


pass_context = click.make_pass_decorator(Context)


def json_option[F: Callable[..., object]](function: F) -> F:
    """`--json`, the same for every command that reports."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(function)


def trips_option[F: Callable[..., object]](function: F) -> F:
    """`--trips`, for the commands that may train."""
    return click.option(
        "--trips",
        metavar="PATH|URL",
        help="Train on this TLC green-taxi parquet file (default: a synthetic month).",
    )(function)
