"""The bike pipeline without training: the London CSV, the made-up hours, features, samples."""

from pathlib import Path

import numpy as np
import pytest

from devenv.errors import BadInput, NotFound
from devenv.pipelines import PIPELINES, bike
from devenv.pipelines.bike_hours import COLUMNS, load_hours
from devenv.pipelines.bike_year import SOURCE, WEATHER, synthetic_hours

HEADER = "timestamp,cnt,t1,t2,hum,wind_speed,weather_code,is_holiday"


def write_hours(path: Path, rows: list[str], header: str = HEADER) -> str:
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def hour(number: int, hires: object = 100) -> str:
    return f"2015-01-{1 + number // 24:02} {number % 24:02}:00:00,{hires},3.0,2.5,93.0,6.0,3,0"


def test_hours_are_in_order_of_time_and_the_last_fifth_validates(tmp_path: Path) -> None:
    rows = [hour(n, hires=n) for n in reversed(range(20))]
    hours = load_hours(write_hours(tmp_path / "h.csv", rows))
    earlier, later = hours.split()
    assert earlier.hires.tolist() == list(range(16))
    assert later.hires.tolist() == [16, 17, 18, 19]


def test_features_are_the_four_numbers_of_the_event(tmp_path: Path) -> None:
    hours = load_hours(write_hours(tmp_path / "h.csv", [hour(n) for n in range(10)]))
    row = {"t1": 3.0, "t2": 2.5, "hum": 93.0, "weather_code": 3.0}
    assert bike.features(hours) == [row] * 10


def test_incomplete_hours_are_left_out(tmp_path: Path) -> None:
    rows = [hour(n) for n in range(10)] + [hour(11, hires="")]
    assert len(load_hours(write_hours(tmp_path / "h.csv", rows))) == 10


def test_missing_columns_are_named(tmp_path: Path) -> None:
    source = write_hours(tmp_path / "h.csv", ["2015-01-01 00:00:00,1"], "timestamp,cnt")
    with pytest.raises(BadInput, match=r"h\.csv has no column t1, t2, hum, weather_code\. --data"):
        load_hours(source)


@pytest.mark.parametrize("row", ["x" + hour(0), hour(0, hires="many"), "1,2"])
def test_what_is_no_hour_is_refused(tmp_path: Path, row: str) -> None:
    source = write_hours(tmp_path / "h.csv", [*map(hour, range(10)), row])
    with pytest.raises(BadInput, match=r"h\.csv can't be read as hours: .* --data takes a CSV"):
        load_hours(source)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "trips.parquet"
    path.write_bytes(b"PAR1\xff\xfe\x00")
    with pytest.raises(BadInput, match=", ".join(COLUMNS)):
        load_hours(str(path))


def test_too_few_hours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has 9 hours, too few"):
        load_hours(write_hours(tmp_path / "h.csv", [hour(n) for n in range(9)]))


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There's no file .* London bike hires"):
        bike.data_version(str(tmp_path / "none.csv"))


def test_the_same_seed_gives_the_same_hours() -> None:
    one, two, other = (synthetic_hours(seed, 500) for seed in (1, 1, 2))
    assert np.array_equal(one.hires, two.hires)
    assert np.array_equal(one.t1, two.t1)
    assert not np.array_equal(one.hires, other.hires)


def test_the_made_up_hours_are_plausible_and_named_for_what_they_are() -> None:
    hours = synthetic_hours()
    assert hours.source.startswith(SOURCE)
    assert len(hours) == 10_000
    assert set(np.unique(hours.weather_code)) == set(WEATHER)
    assert -8 < hours.t1.min() < hours.t1.max() < 34
    assert 20 < hours.hum.min() < hours.hum.max() <= 100
    assert 1000 < hours.hires.mean() < 1400
    assert hours.hires.min() >= 0
    assert np.corrcoef(hours.t1, hours.hires)[0, 1] > 0.3
    assert np.corrcoef(hours.hum, hours.hires)[0, 1] < -0.3


def test_sample_hours_are_events_of_the_validation_period_with_their_truth() -> None:
    samples = PIPELINES["bike"].samples(12, first_id=100)
    _, later = synthetic_hours().split()
    assert [s.event["pred_id"] for s in samples] == list(range(100, 112))
    assert [s.key for s in samples] == [str(i) for i in range(100, 112)]
    first = {"t1": later.t1[0], "t2": later.t2[0], "hum": later.hum[0]}
    code = int(later.weather_code[0])
    assert samples[0].event["features"] == {**first, "weather_code": code}
    assert samples[0].truth == later.hires[0]
    with pytest.raises(BadInput, match="1 to 2000 sample hours"):
        bike.sample_hours(2001)
