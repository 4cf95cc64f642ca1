"""`devenv demo`: the whole system once, for real, and gone again."""

import time
from collections.abc import Iterable, Mapping
from typing import cast

import click

from devenv.bootstrap.streams import require_own
from devenv.commands.context import (
    Context,
    data_option,
    json_option,
    pass_context,
    pipeline_option,
)
from devenv.commands.up import STEPS
from devenv.environment import bring_up, runs_elsewhere, stop_owned
from devenv.output import Output
from devenv.pipelines.pipeline import EventShape
from devenv.progress import steps
from devenv.round_trip import RoundTrip, round_trips
from devenv.stack.embedded import Embedded
from devenv.stack.process import Running


@click.command()
@click.option(
    "-n",
    "--rides",
    "--events",
    "count",
    type=click.IntRange(1, 1000),
    default=12,
    show_default=True,
)
@pipeline_option
@data_option
@json_option
@pass_context
def demo(context: Context, count: int, data: str | None, as_json: bool) -> None:
    """Bring the system up if it isn't, send sample events one by one, print each prediction.

    Beside it stand the true value (a ride's minutes) and the time from put to prediction. What this
    command started it stops again; what was running stays. An input stream that the bootstrap
    did not make is left alone.
    """
    settings = context.settings
    began = time.monotonic()
    if data is None and runs_elsewhere(settings, context.aws):
        context.say(f"Using what answers at {settings.endpoint}.")
        owned: tuple[Running, ...] = ()
    else:
        with steps(context.output(), STEPS) as say:
            owned = bring_up(settings, context.aws, say, data).owned
    context.say(
        f"Ready after {time.monotonic() - began:.1f} s; the first event starts the function."
    )
    try:
        require_own(settings, context.aws)
        pipeline = context.pipeline
        samples = list(pipeline.samples(count, data=data, first_id=int(time.time())))
        done = round_trips(samples, settings, context.aws)
        show(done, pipeline.shape, context.output(as_json))
    finally:
        if owned:
            context.say("Stopping what was started …")
            stop_owned(Embedded(settings, context.say), owned)
    context.say("Keep it running with: devenv up")


def show(done: Iterable[RoundTrip], shape: EventShape, output: Output) -> None:
    """Print each as it comes, then how far off the model was."""
    names = [field.name for field in shape.fields]
    if not output.as_json:
        fields = "  ".join(f"{name:>13}" for name in names)
        output.data(f"{shape.id:>10}  {fields}  {'predicted':>9}  {'true':>7}  {'took':>7}")
    errors = []
    for trip in done:
        values = cast(Mapping[str, float | str], trip.sample.event[shape.body])
        event_id = trip.sample.event[shape.id]
        predicted = shape.predicted(trip.prediction)
        errors.append(abs(predicted - trip.sample.truth))
        fields = "  ".join(f"{values[name]!s:>13}" for name in names)
        output.data(
            f"{event_id:>10}  {fields}  {predicted:>9.1f}  {trip.sample.truth:>7.1f}"
            f"  {trip.seconds * 1000:>4.0f} ms",
            **{
                shape.id: event_id,
                shape.body: values,
                f"predicted_{shape.unit}": predicted,
                f"true_{shape.unit}": trip.sample.truth,
            },
            seconds=trip.seconds,
            model=trip.prediction["model"],
            version=trip.prediction["version"],
        )
    mean = sum(errors) / len(errors)
    output.progress(f"{len(errors)} predictions, {mean:.1f} {shape.unit} off on average")
