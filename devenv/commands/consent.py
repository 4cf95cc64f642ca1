"""Before anything is made or removed on AWS: whose account it is, and a yes."""

import sys
from collections.abc import Callable, Sequence

import click

from devenv.account import Account, whose
from devenv.commands.context import Context
from devenv.errors import Refused


def yes_option[F: Callable[..., object]](function: F) -> F:
    """`--yes`, for the commands that make or remove things."""
    return click.option("-y", "--yes", is_flag=True, help="On AWS: don't ask, go on.")(function)


def ask_before_making(context: Context, billed: Sequence[str], yes: bool) -> None:
    """On AWS show account, region and what is billed, and go on only if told to. Elsewhere
    nothing is asked. Raises `Refused`."""
    if not context.aws.is_aws:
        return
    context.say(f"This is AWS: {whose(context.aws)}.")
    context.say("AWS bills for what this makes:")
    for line in billed:
        context.say(f"  {line}")
    if yes:
        return
    require_terminal()
    if not click.confirm("Go on?", err=True):
        raise Refused("Nothing was made.")


def ask_before(context: Context, what: str, yes: bool) -> None:
    """On AWS show account, region and what will happen, and go on only if told to. Elsewhere
    nothing is asked. Raises `Refused`."""
    if not context.aws.is_aws:
        return
    context.say(f"This is AWS: {whose(context.aws)}.")
    context.say(what)
    if yes:
        return
    require_terminal()
    if not click.confirm("Go on?", err=True):
        raise Refused("Nothing was done.")


def ask_for_account_id(account: Account) -> None:
    """Go on only if the account's id is typed. Raises `Refused`."""
    require_terminal()
    typed = click.prompt("Type the account's id to remove all this", err=True)
    if typed.strip() != account.id:
        raise Refused(f"{typed} is not {account.id}: nothing was removed.")


def require_terminal() -> None:
    if not sys.stdin.isatty():
        raise Refused("This is AWS, and there's nobody to ask: nothing was done. Add --yes.")
