"""Trips as columns, and how they are read from the taxi commission's (TLC) parquet files.

Only trips of 1 to 60 minutes count, as in the tutorials. Nothing is learnt here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devenv.errors import BadInput
from devenv.pipelines.data_file import local_file

SHORTEST, LONGEST = 1.0, 60.0
"""Minutes; what lies outside is a mistake of the meter or no trip."""

VALIDATION_PART = 5
"""The last fifth of the trips, by pickup, is for validation."""

PICKUP, DROPOFF = "lpep_pickup_datetime", "lpep_dropoff_datetime"
COLUMNS = [PICKUP, DROPOFF, "PULocationID", "DOLocationID", "trip_distance"]
LAYOUT = "a TLC green taxi file (parquet) with the columns " + ", ".join(COLUMNS)


@dataclass(frozen=True)
class Trips:
    """Trips of 1 to 60 minutes in order of pickup; the arrays are of one length."""

    source: str
    """Where they are from: the path or URL, or the built-in data's name."""
    pickup: NDArray[np.datetime64]
    pickup_zone: NDArray[np.int64]
    dropoff_zone: NDArray[np.int64]
    distance: NDArray[np.float64]
    """Miles, as metered."""
    minutes: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.minutes)

    def select(self, index: slice | NDArray[Any]) -> "Trips":
        return Trips(
            self.source,
            self.pickup[index],
            self.pickup_zone[index],
            self.dropoff_zone[index],
            self.distance[index],
            self.minutes[index],
        )

    def split(self) -> tuple["Trips", "Trips"]:
        """The earlier trips to train on, and the last fifth to validate on."""
        cut = len(self) - len(self) // VALIDATION_PART
        return self.select(slice(cut)), self.select(slice(cut, None))


def usable(trips: Trips) -> Trips:
    """The trips that count, in order of pickup."""
    good = (trips.minutes >= SHORTEST) & (trips.minutes <= LONGEST)
    good &= np.isfinite(trips.distance) & (trips.pickup_zone > 0) & (trips.dropoff_zone > 0)
    kept = np.flatnonzero(good)
    return trips.select(kept[np.argsort(trips.pickup[kept], kind="stable")])


def load_trips(source: str) -> Trips:
    """The usable trips of a TLC green taxi file at `source`, a path or an http(s) URL.

    Raises `NotFound`, `Unreachable` (a URL that doesn't answer) or `BadInput`.
    """
    with local_file(source, LAYOUT) as path:
        columns = _read_columns(path, source)
    pickup = columns[PICKUP]
    minutes = (columns[DROPOFF] - pickup) / np.timedelta64(60, "s")
    pickup_zone, dropoff_zone, distance = (columns[name] for name in COLUMNS[2:])
    trips = usable(Trips(source, pickup, pickup_zone, dropoff_zone, distance, minutes))
    if len(trips) < 2 * VALIDATION_PART:
        raise BadInput(
            f"{source} has {len(trips)} trips of {SHORTEST:.0f} to {LONGEST:.0f} minutes, too few "
            f"to learn from: at least {2 * VALIDATION_PART} are needed."
        )
    return trips


def _read_columns(path: Path, source: str) -> dict[str, NDArray[Any]]:
    """The five columns; rows where one of them is empty are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        missing = [c for c in COLUMNS if c not in file.schema_arrow.names]
        if missing:
            raise BadInput(f"{source} has no column {', '.join(missing)}. --data takes {LAYOUT}.")
        types = [pa.timestamp("us")] * 2 + [pa.int64()] * 2 + [pa.float64()]
        table = file.read(columns=COLUMNS).select(COLUMNS)
        table = table.cast(pa.schema(zip(COLUMNS, types, strict=True))).drop_null()
    except (pa.ArrowException, OSError) as e:
        reason = str(e).splitlines()[0].rstrip(".")
        raise BadInput(f"{source} can't be read as trips: {reason}. --data takes {LAYOUT}.") from e
    return {name: table[name].to_numpy() for name in COLUMNS}
