"""The ride pipeline without training: trips, the made-up month, features, sample rides."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from devenv.errors import BadInput, NotFound, Unreachable
from devenv.pipelines import PIPELINES, ride
from devenv.pipelines.ride_month import SOURCE, synthetic_month
from devenv.pipelines.ride_trips import COLUMNS, load_trips


def write_trips(path: Path, minutes: list[float | None], **changed: Any) -> str:
    """A TLC file with one trip of each of these durations, the latest first."""
    start = np.datetime64("2022-01-01T00:00:00", "us")
    pickup = [start + np.timedelta64(len(minutes) - i, "h") for i in range(len(minutes))]
    ends = [
        None if m is None else p + np.timedelta64(int(m * 60), "s")
        for p, m in zip(pickup, minutes, strict=True)
    ]
    n = len(minutes)
    columns: dict[str, Any] = {
        "lpep_pickup_datetime": pa.array(pickup, pa.timestamp("us")),
        "lpep_dropoff_datetime": pa.array(ends, pa.timestamp("us")),
        "PULocationID": pa.array([130] * n),
        "DOLocationID": pa.array(range(1, n + 1)),
        "trip_distance": pa.array([3.66] * n),
    }
    columns.update(changed)
    pq.write_table(pa.table({k: v for k, v in columns.items() if v is not None}), path)
    return str(path)


def test_only_trips_of_1_to_60_minutes_count(tmp_path: Path) -> None:
    source = write_trips(tmp_path / "t.parquet", [0.5, 1, 60, 61, None, -3, *[10.0] * 10])
    trips = load_trips(source)
    assert sorted(trips.minutes) == [1.0, *[10.0] * 10, 60.0]


def test_trips_are_in_order_of_pickup_and_the_last_fifth_validates(tmp_path: Path) -> None:
    trips = load_trips(write_trips(tmp_path / "t.parquet", [10.0] * 20))
    earlier, later = trips.split()
    assert (len(earlier), len(later)) == (16, 4)
    assert earlier.pickup.max() < later.pickup.min()


def test_integer_distances_and_other_resolutions_are_read(tmp_path: Path) -> None:
    distances = pa.array([3] * 20, pa.int32())
    source = write_trips(tmp_path / "t.parquet", [10.0] * 20, trip_distance=distances)
    assert load_trips(source).distance.dtype == np.float64


def test_missing_columns_are_named(tmp_path: Path) -> None:
    source = write_trips(tmp_path / "t.parquet", [10.0], trip_distance=None)
    with pytest.raises(BadInput, match=r"t\.parquet has no column trip_distance\. --data takes"):
        load_trips(source)


def test_yellow_taxi_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "yellow.parquet"
    pq.write_table(pa.table({"tpep_pickup_datetime": [1]}), path)
    with pytest.raises(BadInput, match=", ".join(COLUMNS[:2])):
        load_trips(str(path))


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trips.csv"
    path.write_text("lpep_pickup_datetime\n2022-01-01\n")
    with pytest.raises(BadInput, match=r"trips\.csv can't be read as trips"):
        load_trips(str(path))


def test_columns_of_the_wrong_type_are_refused(tmp_path: Path) -> None:
    words = pa.array(["far"] * 20)
    source = write_trips(tmp_path / "t.parquet", [10.0] * 20, trip_distance=words)
    with pytest.raises(BadInput, match="can't be read as trips"):
        load_trips(source)


def test_too_few_usable_trips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has 0 trips of 1 to 60 minutes"):
        load_trips(write_trips(tmp_path / "t.parquet", [90.0] * 20))


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There's no file"):
        load_trips(str(tmp_path / "none.parquet"))


def test_a_dead_url_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="could not be fetched"):
        load_trips("http://127.0.0.1:9/trips.parquet")


def test_data_version_follows_the_content_of_a_file(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    one.write_bytes(b"a")
    two.write_bytes(b"a")
    other.write_bytes(b"b")
    versions = [ride.data_version(str(path)) for path in (one, two, other)]
    assert versions[0] == versions[1] != versions[2]


def test_the_same_seed_gives_the_same_month() -> None:
    one, two, other = synthetic_month(seed=1), synthetic_month(seed=1), synthetic_month(seed=2)
    assert np.array_equal(one.minutes, two.minutes)
    assert np.array_equal(one.pickup_zone, two.pickup_zone)
    assert not np.array_equal(one.minutes[:100], other.minutes[:100])


def test_the_month_is_plausible_and_named_for_what_it_is() -> None:
    month = synthetic_month()
    assert month.source.startswith(SOURCE)
    assert len(month) > 9_900
    assert np.unique(month.pickup.astype("datetime64[M]")).astype(str).tolist() == ["2022-01"]
    for zones in (month.pickup_zone, month.dropoff_zone):
        assert zones.min() >= 1
        assert zones.max() <= 263
    assert 1.0 < np.median(month.distance) < 3.0
    assert 8 < np.median(month.minutes) < 14
    assert np.corrcoef(month.distance, month.minutes)[0, 1] > 0.7


def test_most_pickups_are_in_a_few_tens_of_zones() -> None:
    counts = np.sort(np.bincount(synthetic_month().pickup_zone))[::-1]
    assert counts[:50].sum() / counts.sum() > 0.85


def test_features_are_the_tutorials(tmp_path: Path) -> None:
    trips = load_trips(write_trips(tmp_path / "t.parquet", [10.0] * 205))
    assert {"PU_DO": "130_205", "trip_distance": 3.66} in ride.features(trips)


def test_sample_rides_are_events_of_the_validation_period_with_their_truth() -> None:
    samples = PIPELINES["ride"].samples(12, first_id=100)
    _, later = synthetic_month().split()
    assert [s.event["ride_id"] for s in samples] == list(range(100, 112))
    assert [s.key for s in samples] == [str(i) for i in range(100, 112)]
    assert set(samples[0].event) == {"ride", "ride_id"}
    first = {"PULocationID": later.pickup_zone[0], "DOLocationID": later.dropoff_zone[0]}
    assert samples[0].event["ride"] == {**first, "trip_distance": later.distance[0]}
    assert all(1 <= s.truth <= 60 for s in samples)
    assert samples == PIPELINES["ride"].samples(12, first_id=100)


def test_sample_rides_of_given_trips(tmp_path: Path) -> None:
    source = write_trips(tmp_path / "t.parquet", [float(m) for m in range(1, 21)])
    assert [s.truth for s in ride.sample_rides(4, data=source)] == [4.0, 3.0, 2.0, 1.0]


def test_more_sample_rides_than_there_are_is_an_error() -> None:
    with pytest.raises(BadInput, match="1 to 1999 sample rides"):
        ride.sample_rides(100_000)


def test_the_command_line_can_import_pipelines_without_what_is_slow() -> None:
    code = (
        "import sys, devenv.pipelines\n"
        "print({'numpy', 'sklearn', 'pyarrow', 'mlflow', 'boto3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
