"""The bike system: how many bikes are hired in London within an hour, from the hour's weather.

Owns features, model, training and sample hours. Where hours come from is `bike_hours` (the London
CSV) and `bike_year` (a made-up year). The tutorial's events hold nothing but the weather, so the
model can't know the time of day: it is as good as that allows.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devenv.errors import BadInput
from devenv.pipelines.pipeline import (
    EventShape,
    Features,
    Field,
    Names,
    Pipeline,
    SampleEvent,
    TrainedModel,
)

if TYPE_CHECKING:
    from devenv.pipelines.bike_hours import Hours
    from devenv.pipelines.forest import Examples

SHAPE = EventShape(
    body="features",
    fields=(
        Field("t1", "--t1", float, "the temperature in °C", 2),
        Field("t2", "--t2", float, "the temperature in °C as it feels", 3),
        Field("hum", "--hum", float, "the humidity in percent", 50),
        Field("weather_code", "--weather-code", int, "1 clear … 7 rain, 10 thunder, 26 snow", 2),
    ),
    id="pred_id",
    value="cnt",
    unit="hires",
)


def train(data: str | None = None) -> TrainedModel:
    """Fit on the earlier hours at `data` (or of the made-up year), validate on the last fifth."""
    from devenv.pipelines import forest

    hours = read_hours(data)
    earlier, later = (_examples(part) for part in hours.split())
    return forest.fit(earlier, later, data=hours.source, data_version=data_version(data))


def features(hours: "Hours") -> list[Features]:
    """The model's rows: the event's own four numbers."""
    names = [field.name for field in SHAPE.fields]
    return [dict(zip(names, row, strict=True)) for row in hours.measures()]


def _examples(hours: "Hours") -> "Examples":
    from devenv.pipelines.forest import Examples

    return Examples(features(hours), hours.hires)


def sample_hours(n: int, *, data: str | None = None, first_id: int = 1) -> Sequence[SampleEvent]:
    """`n` hours spread evenly over the validation period, with their true hires."""
    _, later = read_hours(data).split()
    if not 1 <= n <= len(later):
        raise BadInput(f"{later.source} has 1 to {len(later)} sample hours to give, not {n}.")
    chosen = later.select(slice(None, None, len(later) // n)).select(slice(n))
    samples = []
    for pred_id, row, hires in zip(
        range(first_id, first_id + n), features(chosen), chosen.hires.tolist(), strict=True
    ):
        values = {**row, "weather_code": int(row["weather_code"])}
        samples.append(SampleEvent(SHAPE.event(values, pred_id), key=str(pred_id), truth=hires))
    return samples


def read_hours(data: str | None) -> "Hours":
    """The hours at `data`, a path or URL of the London CSV, or the made-up year."""
    from devenv.pipelines import bike_hours, bike_year

    return bike_year.synthetic_hours() if data is None else bike_hours.load_hours(data)


def data_version(data: str | None) -> str:
    from devenv.pipelines import bike_hours, bike_year
    from devenv.pipelines.data_file import file_version

    if data is None:
        return f"synthetic:{bike_year.SEED}:{bike_year.HOURS}"
    return file_version(data, bike_hours.LAYOUT)


PIPELINE = Pipeline(
    name="bike",
    about="how many bikes are hired in London within an hour",
    names=Names(
        input_stream="passenger_events",
        predictions_stream="bike-predictions",
        function="bike-prediction",
        role="lambda-kinesis",
        model="bike-model",
        bucket="mlflow-models",
    ),
    shape=SHAPE,
    data_layout="a CSV file of London bike hires",
    built_in="the built-in synthetic hours",
    data_version=data_version,
    train=train,
    samples=sample_hours,
)
