"""`devenv invoke`: hand the function an event directly, past the streams."""

import base64
import json
from typing import TextIO

import click
from botocore.exceptions import ClientError

from devenv.commands.context import Context, pass_context, pipeline_option
from devenv.doctor.diagnosis import Failed, diagnose
from devenv.errors import BadInput, DevenvError
from devenv.place import commands
from devenv.readers.function_logs import shown


@click.command()
@click.argument("event", type=click.File("r", encoding="utf-8"))
@pipeline_option
@pass_context
def invoke(context: Context, event: TextIO) -> None:
    """Invoke the function with EVENT, a JSON file (- for stdin), and print its response.

    tests/events/ has the tutorials' events. The function's log goes to stderr.
    """
    try:
        text = event.read()
        json.loads(text)
    except ValueError as error:  # Not UTF-8 is one, too.
        raise BadInput(f"{event.name} is not JSON: {error}.") from error
    answer = context.aws.invocations.invoke(
        FunctionName=context.settings.function_name, Payload=text.encode(), LogType="Tail"
    )
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    context.say(shown(log.rstrip()) or "")
    payload = answer["Payload"].read().decode()
    context.output().data(payload, **{})
    if "FunctionError" in answer:
        raise DevenvError(_failure(_failed(context), payload, log))


def _failed(context: Context) -> Failed:
    """The function, for a cure that works for it."""
    settings, name = context.settings, context.settings.function_name
    try:
        config = dict(context.aws.functions.get_function_configuration(FunctionName=name))
    except ClientError:  # Who may invoke it need not be allowed to look at it.
        return Failed(name, commands(settings))
    return Failed.of(config, settings, commands(settings))


def _failure(function: Failed, payload: str, log: str) -> str:
    """The function's error in one line, with the cure where it's a known one."""
    failure = json.loads(payload)
    error = f"{failure.get('errorType', 'an error')}: {failure.get('errorMessage', payload)}"
    known = diagnose(f"{log}\n{error}", function)
    cure = f"That is, {known.what}. {known.cure} " if known else ""
    return (
        f"{function.name} failed with {error.rstrip('.')}. {cure}Its log is above; more in "
        f"{function.commands.logs('function')}."
    )
