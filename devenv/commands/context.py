"""What commands are handed: settings, clients and output, each made when first asked for.

So `--help` needs no settings, and `down` no region.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import click

from devenv import settings as settings_module
from devenv.output import Output
from devenv.pipelines import DEFAULT, PIPELINES, pipeline_named
from devenv.pipelines.pipeline import Pipeline
from devenv.settings import Settings

if TYPE_CHECKING:
    from devenv.aws import Aws


class Context:
    """The collaborators of one run of the command line."""

    known_settings: Settings | None = None
    """The settings, if the command has read them: for the words of an error."""
    chosen_pipeline: str | None = None
    """What `--pipeline` says, if it was given."""

    @cached_property
    def settings(self) -> Settings:
        self.known_settings = settings_module.from_process(self.chosen_pipeline)
        return self.known_settings

    @property
    def pipeline(self) -> Pipeline:
        return pipeline_named(self.settings.pipeline)

    @cached_property
    def aws(self) -> "Aws":
        from devenv.aws import Aws  # botocore, which `down` needs not.

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


def pipeline_option[F: Callable[..., object]](function: F) -> F:
    """`--pipeline`, for every command that is about one system: it goes before PIPELINE."""

    def choose(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.ensure_object(Context).chosen_pipeline = value

    return click.option(
        "--pipeline",
        type=click.Choice(list(PIPELINES)),
        help=f"Which system.  [default: PIPELINE, or {DEFAULT}]",
        expose_value=False,
        callback=choose,
    )(function)


def data_option[F: Callable[..., object]](function: F) -> F:
    """`--data`, for the commands that may train; `--trips` is its older name."""
    return click.option(
        "--data",
        "--trips",
        "data",
        metavar="PATH|URL",
        help="Train on this file: "
        + "; ".join(f"{p.data_layout} for {p.name}" for p in PIPELINES.values())
        + " (default: made-up data).",
    )(function)


def next_steps(settings: Settings) -> list[str]:
    """What to do once everything is made."""
    pipeline = pipeline_named(settings.pipeline)
    which = "" if pipeline.name == DEFAULT else f" --pipeline {pipeline.name}"
    flags = " ".join(f"{field.flag} {field.sample}" for field in pipeline.shape.fields)
    return [
        f"Next: devenv put{which} {flags}",
        f"      devenv tail{which} --from trim-horizon --limit 1",
    ]
