"""Hours of bike hire as columns, and how they are read from the London CSV. Nothing is learnt here.

The file is that of Transport for London's hires joined with the weather, as it goes round under
the name `london_merged.csv`: one row an hour of 2015 and 2016.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devenv.errors import BadInput
from devenv.pipelines.data_file import local_file

VALIDATION_PART = 5
"""The last fifth of the hours is for validation."""

MEASURES = ("t1", "t2", "hum", "weather_code")
COLUMNS = ("timestamp", "cnt", *MEASURES)
LAYOUT = "a CSV file of London bike hires with the columns " + ", ".join(COLUMNS)


@dataclass(frozen=True)
class Hours:
    """Hours in order of time; the arrays are of one length."""

    source: str
    """Where they are from: the path or URL, or the built-in data's name."""
    time: NDArray[np.datetime64]
    hires: NDArray[np.float64]
    """Bikes hired within the hour: the file's `cnt`."""
    t1: NDArray[np.float64]
    """°C."""
    t2: NDArray[np.float64]
    """°C, as it feels."""
    hum: NDArray[np.float64]
    """Humidity in percent."""
    weather_code: NDArray[np.float64]
    """1 clear, 2 few clouds, 3 broken clouds, 4 cloudy, 7 rain, 10 thunderstorm, 26 snow."""

    def __len__(self) -> int:
        return len(self.hires)

    def measures(self) -> list[tuple[float, ...]]:
        """The values of `MEASURES`, an hour at a time."""
        columns = (getattr(self, name).tolist() for name in MEASURES)
        return list(zip(*columns, strict=True))

    def select(self, index: slice | NDArray[Any]) -> "Hours":
        columns = {name: getattr(self, name)[index] for name in ("time", "hires", *MEASURES)}
        return Hours(self.source, **columns)

    def split(self) -> tuple["Hours", "Hours"]:
        """The earlier hours to train on, and the last fifth to validate on."""
        cut = len(self) - len(self) // VALIDATION_PART
        return self.select(slice(cut)), self.select(slice(cut, None))


def load_hours(source: str) -> Hours:
    """The hours of the CSV at `source`, a path or an http(s) URL; incomplete rows are left out.

    Raises `NotFound`, `Unreachable` (a URL that doesn't answer) or `BadInput`.
    """
    with local_file(source, LAYOUT) as path:
        columns = _read_columns(path, source)
    order = np.argsort(columns["timestamp"], kind="stable")
    if len(order) < 2 * VALIDATION_PART:
        raise BadInput(
            f"{source} has {len(order)} hours, too few to learn from: at least "
            f"{2 * VALIDATION_PART} are needed."
        )
    measures = {name: columns[name] for name in MEASURES}
    return Hours(source, columns["timestamp"], columns["cnt"], **measures).select(order)


def _read_columns(path: Path, source: str) -> dict[str, NDArray[Any]]:
    import pyarrow as pa
    from pyarrow import csv

    types = {name: pa.float64() for name in COLUMNS} | {"timestamp": pa.timestamp("s")}
    try:
        found = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types))
        missing = [name for name in COLUMNS if name not in found.column_names]
        if missing:
            raise BadInput(f"{source} has no column {', '.join(missing)}. --data takes {LAYOUT}.")
        table = found.select(list(COLUMNS)).drop_null()
    except (pa.ArrowException, OSError) as e:
        reason = str(e).splitlines()[0].rstrip(".")
        raise BadInput(f"{source} can't be read as hours: {reason}. --data takes {LAYOUT}.") from e
    return {name: table[name].to_numpy() for name in COLUMNS}
