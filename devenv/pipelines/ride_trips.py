"""Trips as columns, and how they are read from the taxi commission's (TLC) parquet files.

Only trips of 1 to 60 minutes count, as in the tutorials. Nothing is learnt here.
"""

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devenv.errors import BadInput, NotFound, Unreachable

SHORTEST, LONGEST = 1.0, 60.0
"""Minutes; what lies outside is a mistake of the meter or no trip."""

VALIDATION_PART = 5
"""The last fifth of the trips, by pickup, is for validation."""

PICKUP, DROPOFF = "lpep_pickup_datetime", "lpep_dropoff_datetime"
COLUMNS = [PICKUP, DROPOFF, "PULocationID", "DOLocationID", "trip_distance"]
LAYOUT = "--trips takes a TLC green taxi file (parquet) with the columns " + ", ".join(COLUMNS)


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
    with _local(source) as path:
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


def data_version(source: str) -> str:
    """The file's digest; a URL stands for itself, since TLC's monthly files don't change."""
    if _is_url(source):
        return source
    with _local(source) as path, path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


@contextmanager
def _local(source: str) -> Iterator[Path]:
    """A path to what lies at `source`, fetched for as long as it's needed if that's a URL."""
    if not _is_url(source):
        path = Path(source).expanduser()
        if not path.is_file():
            raise NotFound(f"There's no file {path} with trips. {LAYOUT}.")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="devenv-trips-") as folder:
        path = Path(folder) / "trips.parquet"
        _download(source, path)
        yield path


def _download(url: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as reply, path.open("wb") as file:
            shutil.copyfileobj(reply, file)
    except urllib.error.HTTPError as e:
        raise NotFound(f"{url} answered {e.code} {e.reason}. Check the URL of --trips.") from e
    except (OSError, ValueError) as e:
        reason = getattr(e, "reason", None) or e
        raise Unreachable(
            f"{url} could not be fetched ({reason}). Fetch it by other means and give --trips "
            "the file's path."
        ) from e


def _read_columns(path: Path, source: str) -> dict[str, NDArray[Any]]:
    """The five columns; rows where one of them is empty are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        missing = [c for c in COLUMNS if c not in file.schema_arrow.names]
        if missing:
            raise BadInput(f"{source} has no column {', '.join(missing)}. {LAYOUT}.")
        types = [pa.timestamp("us")] * 2 + [pa.int64()] * 2 + [pa.float64()]
        table = file.read(columns=COLUMNS).select(COLUMNS)
        table = table.cast(pa.schema(zip(COLUMNS, types, strict=True))).drop_null()
    except (pa.ArrowException, OSError) as e:
        reason = str(e).splitlines()[0].rstrip(".")
        raise BadInput(f"{source} can't be read as trips: {reason}. {LAYOUT}.") from e
    return {name: table[name].to_numpy() for name in COLUMNS}
