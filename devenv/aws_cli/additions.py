"""What is added to AWS CLI 1, by the events that its own commands are made by."""

from importlib import metadata
from typing import Any

from awscli.arguments import CustomArgument
from awscli.customizations.overridesslcommonname import SSL_COMMON_NAMES, update_endpoint_url
from botocore.configprovider import ConfiguredEndpointProvider

from devenv.aws_cli.logs_tail import TailCommand

BINARY_FORMAT = "raw-in-base64-out"
EVENT = "before-building-argument-table-parser"


def install(session: Any) -> None:
    """Change a CLI that nobody has called yet; `session` is its botocore session."""
    session.user_agent_extra += f" devenv/{metadata.version('devenv')}"  # `aws --version` says it.
    session.unregister(EVENT, update_endpoint_url)
    session.get_component("event_emitter").register_last(EVENT, endpoint_of_old_name)
    session.register("building-top-level-params", add_options)
    session.register("top-level-args-parsed", check_options)
    session.register("building-command-table.logs", TailCommand.add_command)


def add_options(argument_table: dict[str, Any], **event: Any) -> None:
    for argument in (
        CustomArgument(
            "cli-binary-format",
            help_text=f"{BINARY_FORMAT}: what is sent is taken as it is, and what comes is shown "
            "in base64. AWS CLI 1 knows no other.",
            dest="cli_binary_format",
        ),
        CustomArgument(
            "no-cli-pager",
            help_text="AWS CLI 1 has no pager.",
            dest="no_cli_pager",
            action="store_true",
        ),
    ):
        argument.add_to_arg_table(argument_table)


def check_options(parsed_args: Any, **event: Any) -> None:
    """Raise ValueError, which the CLI shows, for a format that it would not honour."""
    given = parsed_args.cli_binary_format
    if given not in (None, BINARY_FORMAT):
        raise ValueError(
            f"--cli-binary-format {given}: this `aws` is AWS CLI 1, which takes what is sent as it "
            f"is: decode it, and use {BINARY_FORMAT}, or fileb:// for binary files."
        )


def endpoint_of_old_name(session: Any, parsed_globals: Any, **event: Any) -> None:
    """Have CLI 1 take AWS's old host names of sqs, emr and health, unless an endpoint is
    configured, which it would not look at then.

    Nothing is asked for other commands: of `aws configure --profile NEW` there is no profile yet.
    """
    if parsed_globals.command not in SSL_COMMON_NAMES:
        return
    configured = ConfiguredEndpointProvider(
        session.full_config, session.get_scoped_config(), parsed_globals.command
    )
    ignored = session.get_config_variable("ignore_configured_endpoint_urls")
    if ignored or configured.provide() is None:
        update_endpoint_url(session=session, parsed_globals=parsed_globals, **event)
