"""`devenv tail`: predictions as they come."""

import time
from collections.abc import Callable

import click
from botocore.exceptions import ClientError

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.record_lines import line, values
from devenv.consumer import PAGE, Position, StreamReader
from devenv.readers.records import decoded
from devenv.system import read_system

POSITIONS: dict[str, Position] = {"latest": "LATEST", "trim-horizon": "TRIM_HORIZON"}

QUIET = 10.0
"""Seconds without a record until a hint is given, and between two looks at what goes wrong."""

HINTS = {
    "latest": "Nothing yet. From latest shows only what is put from now on: --from trim-horizon "
    "shows what is there. `devenv doctor` says whether predictions can come at all.",
    "trim-horizon": "Nothing yet: the stream is empty. Put a ride (`devenv put`); `devenv doctor` "
    "says whether predictions can come at all.",
}


@click.command()
@click.option(
    "--from",
    "position",
    type=click.Choice(list(POSITIONS)),
    default="latest",
    show_default=True,
    help="Only what comes from now on, or everything that the stream still holds.",
)
@click.option("--limit", type=click.IntRange(min=1), help="End after this many records.")
@click.option("--stream", help="Another stream than the one of predictions.")
@pipeline_option
@json_option
@pass_context
def tail(
    context: Context, position: str, limit: int | None, stream: str | None, as_json: bool
) -> None:
    """Print the predictions stream, all shards, until Ctrl-C or --limit."""
    name = stream or context.settings.predictions_stream
    output = context.output(as_json)
    page = PAGE if limit is None else min(limit, PAGE)
    reader = StreamReader(name, POSITIONS[position], context.aws, page=page)
    context.say(f"Reading {name} from {position}; Ctrl-C to end.")
    is_predictions = name == context.settings.predictions_stream
    hint = Hint(HINTS[position], context.say, _trouble(context) if is_predictions else None)
    for count, record in enumerate(reader.read(hint.look), start=1):
        hint.heard()
        found = decoded(name, record)
        if as_json:
            output.data("", **values(found))
        else:
            output.data(line(found))
        if count == limit:
            return


class Hint:
    """Says why nothing may be coming, once nothing has come for a while: first what is wrong with
    the mapping, if anything is, and again when that changes; else `words`, once, unless something
    has come before."""

    def __init__(
        self,
        words: str,
        say: Callable[[str], None],
        trouble: Callable[[], str | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._words: str | None = words
        self._told: str | None = None
        self._say, self._trouble, self._clock = say, trouble, clock
        self._heard = clock()

    def heard(self) -> None:
        """A record has come."""
        self._words = self._told = None
        self._heard = self._clock()

    def look(self) -> bool:
        """Called between two rounds of reading; never ends it."""
        if self._clock() - self._heard < QUIET:
            return False
        self._heard = self._clock()
        trouble = self._trouble() if self._trouble else None
        if trouble is not None:
            if trouble != self._told:
                self._say(trouble)
            self._told = trouble
        elif self._words is not None:
            self._say(self._words)
        self._words = None
        return False


def _trouble(context: Context) -> Callable[[], str | None]:
    """What keeps predictions from coming, by the mapping's last result; None if nothing is known
    to, or if the credentials may not ask."""

    def look() -> str | None:
        try:
            mapping = read_system(context.settings, context.aws).mapping
        except ClientError:
            return None
        if mapping.state not in ("Enabled", "Missing"):
            return f"Nothing comes: the mapping is {mapping.state}. See `devenv status`."
        if not (mapping.last_result or "").startswith("PROBLEM"):
            return None
        return (
            f"Nothing comes: the mapping's last result is {mapping.last_result}. "
            "See `devenv logs function`; `devenv doctor` names the cause."
        )

    return look
