"""`devenv teardown`: remove from the endpoint what the bootstrap made there."""

from collections.abc import Sequence

import click

from devenv.account import whose
from devenv.commands.consent import ask_for_account_id, yes_option
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.teardown import find, remove
from devenv.teardown.resources import Resource


@click.command()
@pipeline_option
@yes_option
@json_option
@pass_context
def teardown(context: Context, yes: bool, as_json: bool) -> None:
    """List what bootstrap and publish made on the endpoint, by its tag, and remove it.

    Mapping, function, log group, role, streams, queue, bucket and image repository, with all that
    is in them. On AWS the account's id has to be typed first. What has the name but not the tag
    stays. MLflow's registry keeps what it knows of the models whose files are removed.
    """
    aws = context.aws
    account = whose(aws) if aws.is_aws else None
    found = find(context.settings, aws)
    where = f"AWS: {account}" if account else context.settings.endpoint
    if found.ours:
        context.say(f"To be removed from {where}:")
        _list(context, found.ours)
    else:
        context.say(f"Nothing of {context.settings.function_name} to remove from {where}.")
    if found.others:
        context.say(f"Not tagged devenv={context.settings.function_name}, so left alone:")
        _list(context, found.others)
    if found.ours and account and not yes:
        ask_for_account_id(account)
    remove(found, context.say)
    if as_json:
        output = context.output(as_json)
        for state, resources in (("removed", found.ours), ("left", found.others)):
            for resource in resources:
                output.data("", state=state, kind=resource.kind, name=resource.name)


def _list(context: Context, resources: Sequence[Resource]) -> None:
    for resource in resources:
        holds = f" with {resource.holds}" if resource.holds else ""
        context.say(f"  {resource.kind:<10} {resource.name}{holds}")
