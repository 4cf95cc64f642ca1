"""The ride system: how long a green taxi ride takes, from its zones and its distance.

Owns features, model, training and sample rides, as the tutorials have them. Where trips come
from is `ride_trips` (the commission's files) and `ride_month` (a made-up month).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devenv.errors import BadInput
from devenv.pipelines.pipeline import (
    Evaluation,
    Features,
    Pipeline,
    SampleEvent,
    TrainedModel,
)

if TYPE_CHECKING:
    from devenv.pipelines.ride_trips import Trips

# numpy, pyarrow and scikit-learn take up to 2 s to import: only what needs them does.

PARAMS: dict[str, int] = {
    "max_depth": 20,
    "min_samples_leaf": 10,
    "n_estimators": 100,
    "random_state": 0,
}
TRUSTED_TYPES = ("sklearn.tree._tree.Tree",)


def train(data: str | None = None) -> TrainedModel:
    """Fit on the earlier trips at `data` (or of the made-up month), validate on the last fifth.

    Takes all cores for a second or two. The model itself uses one: with more, one row takes
    20 ms rather than 8, and how many jobs it has changes nothing in what it predicts.
    """
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.metrics import root_mean_squared_error
    from sklearn.pipeline import make_pipeline

    trips = read_trips(data)
    earlier, later = trips.split()
    forest = RandomForestRegressor(**PARAMS, n_jobs=-1)
    model = make_pipeline(DictVectorizer(), forest)
    rows = features(earlier)
    model.fit(rows, earlier.minutes)
    forest.set_params(n_jobs=None)
    rmse = root_mean_squared_error(later.minutes, model.predict(features(later)))
    return TrainedModel(
        estimator=model,
        evaluation=Evaluation(float(rmse), len(earlier), len(later)),
        params={"model": "DictVectorizer, RandomForestRegressor", **PARAMS},
        data=trips.source,
        data_version=data_version(data),
        example=rows[:3],
        trusted_types=TRUSTED_TYPES,
    )


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
    return SampleEvent({"ride": ride, "ride_id": ride_id}, key=str(ride_id), truth=minutes)


def read_trips(data: str | None) -> "Trips":
    """The trips at `data`, a path or URL of a TLC file, or the made-up month."""
    from devenv.pipelines import ride_month, ride_trips

    return ride_month.synthetic_month() if data is None else ride_trips.load_trips(data)


def data_version(data: str | None) -> str:
    from devenv.pipelines import ride_month, ride_trips

    if data is None:
        return f"synthetic:{ride_month.SEED}:{ride_month.TRIPS}"
    return ride_trips.data_version(data)


PIPELINE = Pipeline("ride", data_version=data_version, train=train, samples=sample_rides)
