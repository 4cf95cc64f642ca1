"""Conditions on JSON fields, as they are typed."""

from typing import Any

import pytest

from devenv.errors import BadInput
from devenv.readers.conditions import condition

RIDE = {
    "ride": {"PULocationID": 130, "trip_distance": 3.66, "shared": True, "note": None},
    "ride_id": "156",
    "stops": [{"zone": 7}, {"zone": 9}],
    "odd": "a=b",
}


@pytest.mark.parametrize(
    "text",
    [
        *("ride_id=156", "ride.PULocationID=130", "ride.PULocationID = 130", "odd=a=b"),
        *("ride.shared=true", "ride.note=null", "stops.1.zone=9", 'ride_id="156"'),
        *("ride.trip_distance=3.66", "ride.trip_distance>3", "ride.trip_distance<=3.66"),
        *("ride.trip_distance<4", "ride.PULocationID>=130", "ride_id!=157", "nothing!=1"),
        *("ride.PULocationID!=131", "odd>a", "odd<b", "ride.PULocationID=130.0"),
    ],
)
def test_holds(text: str) -> None:
    """A number is also the text that reads so, since ids are either."""
    assert condition(text).holds(RIDE)


@pytest.mark.parametrize(
    "text",
    [
        *("ride_id=157", "ride_id=15", "ride.shared=1", "ride.shared!=true", "ride.note=None"),
        *("ride_id!=156", "nothing=1", "nothing<1", "ride.trip_distance<3", "stops.2.zone=9"),
        *("ride.trip_distance>a", "odd>1", "ride.shared>0", "ride=1", "ride.ride_id=156"),
    ],
)
def test_does_not_hold(text: str) -> None:
    assert not condition(text).holds(RIDE)


@pytest.mark.parametrize("data", ["text", 5, None, [1], "AAEC"])
def test_what_has_no_fields_meets_no_condition(data: Any) -> None:
    assert not condition("ride_id=156").holds(data)


@pytest.mark.parametrize("text", ["", "ride_id", "=5", "ride..id=5", ".=5", "!=5", "ride_id ~ 5"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no condition: expected FIELD=VALUE"):
        condition(text)
