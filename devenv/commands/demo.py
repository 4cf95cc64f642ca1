"""`devenv demo`: the whole system once, for real, and gone again."""

import time
from collections.abc import Iterable
from typing import cast

import click

from devenv.commands.context import Context, json_option, pass_context, trips_option
from devenv.environment import bring_up, runs_elsewhere, take_down
from devenv.output import Output
from devenv.pipelines import PIPELINES
from devenv.round_trip import RoundTrip, round_trips
from devenv.stack.embedded import Embedded

HEADER = "      ride  from → to    miles  predicted    true      took"


@click.command(short_help="Predict sample rides, one by one.")
@click.option("-n", "--rides", type=click.IntRange(1, 1000), default=12, show_default=True)
@trips_option
@json_option
@pass_context
def demo(context: Context, rides: int, trips: str | None, as_json: bool) -> None:
    """Bring the system up if it isn't, send sample rides one by one, print each prediction.

    Beside it stand the trip's true duration and the time from put to prediction. What this
    command started it stops again; what was running stays.
    """
    settings = context.settings
    began = time.monotonic()
    if trips is None and runs_elsewhere(settings, context.aws):
        context.say(f"Using what answers at {settings.endpoint}.")
        started: list[str] = []
    else:
        started = bring_up(settings, context.aws, context.say, trips).started
    context.say(
        f"Ready after {time.monotonic() - began:.1f} s; the first ride starts the function."
    )
    try:
        samples = PIPELINES["ride"].samples(rides, data=trips, first_id=int(time.time()))
        show(round_trips(list(samples), settings, context.aws), context.output(as_json))
    finally:
        if started:
            context.say("Stopping what was started …")
            take_down(Embedded(settings, context.say))
    context.say("Keep it running with: devenv up")


def show(done: Iterable[RoundTrip], output: Output) -> None:
    """Print each as it comes, then how far off the model was."""
    if not output.as_json:
        output.data(HEADER)
    errors = []
    for trip in done:
        ride = cast(dict[str, float], trip.sample.event["ride"])
        ride_id = trip.sample.event["ride_id"]
        minutes = trip.prediction["prediction"]["ride_duration"]
        errors.append(abs(minutes - trip.sample.truth))
        output.data(
            f"{ride_id:>10}  {ride['PULocationID']:>4} → {ride['DOLocationID']:<4}"
            f" {ride['trip_distance']:>6.2f}  {minutes:>5.1f} min  {trip.sample.truth:>6.1f}"
            f"  {trip.seconds * 1000:>5.0f} ms",
            ride_id=ride_id,
            ride=ride,
            predicted_minutes=minutes,
            true_minutes=trip.sample.truth,
            seconds=trip.seconds,
            model=trip.prediction["model"],
            version=trip.prediction["version"],
        )
    output.progress(
        f"{len(errors)} predictions, {sum(errors) / len(errors):.1f} min off on average"
    )
