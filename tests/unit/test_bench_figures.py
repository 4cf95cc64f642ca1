"""The bench's results: medians, percentiles, ratios, the table."""

import pytest

from devenv.bench.figures import (
    LOST,
    PUT_RECORD,
    READY,
    REPLAY,
    RIDE_P50,
    RIDE_P99,
    Figures,
    Kind,
    ratio,
    table,
)


def figures(subject: str, **rounds: list[float]) -> Figures:
    made = Figures(subject)
    kinds = {"put": PUT_RECORD, "p50": RIDE_P50, "lost": LOST, "replay": REPLAY, "ready": READY}
    for name, values in rounds.items():
        made.add(kinds[name], *values)
    return made


def test_a_value_is_the_median_of_its_rounds() -> None:
    assert figures("here", put=[1, 100, 3]).value(PUT_RECORD) == 3
    assert figures("here").value(PUT_RECORD) is None


def test_percentiles_are_of_all_rides_in_milliseconds() -> None:
    made = Figures("here")
    made.add_rides([number / 1000 for number in range(1, 102)])
    assert made.value(RIDE_P50) == pytest.approx(51)
    assert made.value(RIDE_P99) == pytest.approx(100)


@pytest.mark.parametrize(
    ("kind", "here", "there", "times"),
    [
        (PUT_RECORD, 300.0, 100.0, 3.0),  # More in a second is better …
        (RIDE_P50, 50.0, 100.0, 2.0),  # … less of a wait, too.
        (RIDE_P50, 100.0, 50.0, 0.5),
        (LOST, 1.0, 2.0, None),
        (REPLAY, 1.0, 0.0, None),
    ],
)
def test_a_ratio_says_how_many_times_better_ours_is(
    kind: Kind, here: float, there: float, times: float | None
) -> None:
    ours, peer = Figures("here"), Figures("peer")
    ours.add(kind, here)
    peer.add(kind, there)
    assert ratio(kind, ours, peer) == times


def test_the_table_has_a_column_for_each_peer_and_a_ratio_beside_it() -> None:
    ours = figures("here", put=[1234.4], ready=[2.04])
    peer = figures("stock", put=[100.0])
    assert table([ours, peer]) == (
        ["", "", "here", "stock", "ratio"],
        [
            ["PutRecord", "records/s", "1,234", "100", "12.34×"],
            ["emulator's start", "s", "2.0", "–", ""],
        ],
    )


def test_json_names_the_units() -> None:
    assert figures("here", put=[2, 4], lost=[0]).as_json() == {
        "subject": "here",
        "median": {"PutRecord (records/s)": 3, "replay: rides lost": 0},
        "rounds": 2,
    }
