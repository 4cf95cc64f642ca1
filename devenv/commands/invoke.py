"""`devenv invoke`: hand the function an event directly, past the streams."""

import base64
import json
from typing import TextIO

import click

from devenv.commands.context import Context, pass_context, pipeline_option
from devenv.errors import BadInput, DevenvError
from devenv.function_logs import shown


@click.command(short_help="Hand the function an event directly.")
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
    answer = context.aws.functions.invoke(
        FunctionName=context.settings.function_name, Payload=text.encode(), LogType="Tail"
    )
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    context.say(shown(log.rstrip()))
    payload = answer["Payload"].read().decode()
    context.output().data(payload, **{})
    if "FunctionError" in answer:
        failure = json.loads(payload)
        raise DevenvError(
            f"{context.settings.function_name} failed with {failure.get('errorType', 'an error')}: "
            f"{failure.get('errorMessage', payload)}. Its log is above; more in "
            "`devenv logs function`."
        )
