"""The ride system: how long a green taxi ride takes, from its zones and its distance.

Owns features, model, training and sample rides, as the tutorials have them. Where trips come
from is `ride_trips` (the commission's files) and `ride_month` (a made-up month).
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
    from devenv.pipelines.forest import Examples
    from devenv.pipelines.ride_trips import Trips

# numpy, pyarrow and scikit-learn take up to 2 s to import: only what needs them does.

SHAPE = EventShape(
    body="ride",
    fields=(
        Field("PULocationID", "--pu", int, "the zone where the ride begins", 130),
        Field("DOLocationID", "--do", int, "the zone where it ends", 205),
        Field("trip_distance", "--distance", float, "miles", 3.66),
    ),
    id="ride_id",
    value="ride_duration",
    unit="minutes",
)


def train(data: str | None = None) -> TrainedModel:
    """Fit on the earlier trips at `data` (or of the made-up month), validate on the last fifth."""
    from devenv.pipelines import forest

    trips = read_trips(data)
    earlier, later = (_examples(part) for part in trips.split())
    return forest.fit(earlier, later, data=trips.source, data_version=data_version(data))


def _examples(trips: "Trips") -> "Examples":
    from devenv.pipelines.forest import Examples

    return Examples(features(trips), trips.minutes)


def features(trips: "Trips") -> list[Features]:
    """The model's rows: the two zones as one word, and the distance in miles."""
    columns = trips.pickup_zone, trips.dropoff_zone, trips.distance
    return [
        {"PU_DO": f"{pickup}_{dropoff}", "trip_distance": distance}
        for pickup, dropoff, distance in zip(*(c.tolist() for c in columns), strict=True)
    ]


def sample_rides(n: int, *, data: str | None = None, first_id: int = 1) -> Sequence[SampleEvent]:
    """`n` rides spread evenly over the validation period, with their true minutes."""
    _, later = read_trips(data).split()
    if not 1 <= n <= len(later):
        raise BadInput(f"{later.source} has 1 to {len(later)} sample rides to give, not {n}.")
    chosen = later.select(slice(None, None, len(later) // n)).select(slice(n))
    columns = chosen.pickup_zone, chosen.dropoff_zone, chosen.distance, chosen.minutes
    return [
        _sample(first_id + i, *row)
        for i, row in enumerate(zip(*(c.tolist() for c in columns), strict=True))
    ]


def _sample(
    ride_id: int, pickup: int, dropoff: int, distance: float, minutes: float
) -> SampleEvent:
    ride = {"PULocationID": pickup, "DOLocationID": dropoff, "trip_distance": distance}
    return SampleEvent(SHAPE.event(ride, ride_id), key=str(ride_id), truth=minutes)


def read_trips(data: str | None) -> "Trips":
    """The trips at `data`, a path or URL of a TLC file, or the made-up month."""
    from devenv.pipelines import ride_month, ride_trips

    return ride_month.synthetic_month() if data is None else ride_trips.load_trips(data)


def data_version(data: str | None) -> str:
    from devenv.pipelines import ride_month, ride_trips
    from devenv.pipelines.data_file import file_version

    if data is None:
        return f"synthetic:{ride_month.SEED}:{ride_month.TRIPS}"
    return file_version(data, ride_trips.LAYOUT)


PIPELINE = Pipeline(
    name="ride",
    about="how long a New York green taxi ride takes",
    names=Names(
        input_stream="ride_events",
        predictions_stream="ride_predictions",
        function="ride-duration-prediction",
        role="lambda-kinesis-role",
        model="ride-duration",
        bucket="mlflow-models",
    ),
    shape=SHAPE,
    data_layout="a TLC green taxi file (parquet)",
    built_in="the built-in synthetic month",
    data_version=data_version,
    train=train,
    samples=sample_rides,
)
