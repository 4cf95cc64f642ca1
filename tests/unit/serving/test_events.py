"""Events of each pipeline: what is read of them, and what is said of those that can't be."""

import base64
import json
from typing import Any

import pytest

from serving.events import PIPELINES, Event, InvalidEvent, Pipeline, decode, number

RIDE, BIKE = PIPELINES["ride"], PIPELINES["bike"]
GOOD: dict[str, Any] = {
    "ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66},
    "ride_id": 156,
}
HOUR: dict[str, Any] = {
    "features": {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2},
    "pred_id": 123,
}


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def ride(**changes: object) -> dict[str, Any]:
    return GOOD | {"ride": GOOD["ride"] | changes}


def hour(**changes: object) -> dict[str, Any]:
    return HOUR | {"features": HOUR["features"] | changes}


def test_a_ride_is_two_zones_as_one_word_and_miles() -> None:
    assert RIDE.read(GOOD) == Event(156, {"PU_DO": "130_205", "trip_distance": 3.66})
    assert RIDE.read(ride(PULocationID="130", passengers=2)) == RIDE.read(GOOD)


def test_an_hour_is_four_numbers() -> None:
    """As the London tutorial puts them."""
    features = {"t1": 2.0, "t2": 3.0, "hum": 50.0, "weather_code": 2.0}
    assert BIKE.read(HOUR) == Event(123, features)
    assert BIKE.read(HOUR | {"pred_id": "h"}) == Event("h", features)


@pytest.mark.parametrize(
    ("pipeline", "made"),
    [
        (RIDE, {"ride_duration": 12.5, "ride_id": 7}),
        (BIKE, {"cnt": 12.5, "pred_id": 7}),
    ],
)
def test_a_prediction_has_the_names_of_the_pipelines_tutorial(
    pipeline: Pipeline, made: Any
) -> None:
    prediction = pipeline.prediction("m", "3", Event(7, {}), 12.5)
    assert prediction == {"model": "m", "version": "3", "prediction": made}


def test_a_third_pipeline_is_a_function_and_an_entry() -> None:
    """What it takes to predict something else: see docs/how-it-works.md."""
    flats = Pipeline(
        body="flat",
        id="flat_id",
        value="rent",
        features=lambda flat: {"rooms": number(flat, "rooms", "1 room or more", low=1)},
        model="rent",
        stream="rent_predictions",
        function="rent-prediction",
    )
    event = flats.read({"flat": {"rooms": 3}, "flat_id": "f"})
    assert event == Event("f", {"rooms": 3.0})
    assert flats.prediction("rent", "1", event, 900)["prediction"] == {"rent": 900, "flat_id": "f"}
    with pytest.raises(InvalidEvent, match="rooms: expected 1 room or more"):
        flats.read({"flat": {"rooms": 0}, "flat_id": "f"})


NUMBER, ID = "expected int or float", "expected int or str"
MILES = "trip_distance: expected a finite number of miles, 0 or more"
UNICODE_ID = "ride_id: expected 1 to 256 characters of valid Unicode"
BAD: dict[str, tuple[object, str]] = {
    "no data": (None, "data: expected base64 text, got NoneType"),
    "not base64": ("*not base64*", "data: expected base64"),
    "not ASCII": ("é", "data: expected base64"),
    "not UTF-8": (base64.b64encode(b"\xff\xfe{").decode(), "data: expected UTF-8 text"),
    "empty": ("", "data: expected JSON"),
    "not JSON": (base64.b64encode(b"Hello").decode(), "data: expected JSON"),
    "5,000 digits": (base64.b64encode(b"9" * 5000).decode(), "data: expected JSON"),
    "200,000 brackets": (base64.b64encode(b"[" * 200_000).decode(), "data: expected JSON"),
    "a list": (encoded([GOOD]), "event: expected a JSON object, got list"),
    "a number": (encoded(3), "event: expected a JSON object, got int"),
    "nested rides": (
        encoded({"ride": {"ride": GOOD["ride"]}, "ride_id": 1}),
        f"PULocationID: {ID}, but it is missing",
    ),
    "no ride": (encoded({"ride_id": 1}), "ride: expected dict, but it is missing"),
    "ride a list": (encoded(GOOD | {"ride": []}), "ride: expected dict, got list"),
    "no ride_id": (encoded({"ride": {}}), f"ride_id: {ID}, but it is missing"),
    "ride_id null": (encoded(GOOD | {"ride_id": None}), f"ride_id: {ID}, got NoneType"),
    "ride_id true": (encoded(GOOD | {"ride_id": True}), f"ride_id: {ID}, got bool"),
    "ride_id 1.5": (encoded(GOOD | {"ride_id": 1.5}), f"ride_id: {ID}, got float"),
    "ride_id empty": (encoded(GOOD | {"ride_id": ""}), UNICODE_ID),
    "ride_id long": (encoded(GOOD | {"ride_id": "x" * 257}), UNICODE_ID),
    "ride_id 257 digits": (encoded(GOOD | {"ride_id": 10**256}), UNICODE_ID),
    "ride_id half a pair": (encoded(GOOD | {"ride_id": "\ud800"}), UNICODE_ID),
    "no distance": (
        encoded(GOOD | {"ride": {"PULocationID": 1, "DOLocationID": 2}}),
        f"trip_distance: {NUMBER}, but it is missing",
    ),
    "distance a text": (encoded(ride(trip_distance="3")), f"trip_distance: {NUMBER}, got str"),
    "distance true": (encoded(ride(trip_distance=True)), f"trip_distance: {NUMBER}, got bool"),
    "distance NaN": (encoded(ride(trip_distance=float("nan"))), MILES),
    "distance infinite": (encoded(ride(trip_distance=float("inf"))), MILES),
    "distance negative": (encoded(ride(trip_distance=-0.1)), MILES),
    "distance past 32 bits": (encoded(ride(trip_distance=1e39)), MILES),
    "distance past 64 bits": (encoded(ride(trip_distance=10**400)), MILES),
    "pickup null": (encoded(ride(PULocationID=None)), f"PULocationID: {ID}, got NoneType"),
    "pickup 130.0": (encoded(ride(PULocationID=130.0)), f"PULocationID: {ID}, got float"),
    "dropoff a list": (encoded(ride(DOLocationID=[205])), f"DOLocationID: {ID}, got list"),
    "dropoff false": (encoded(ride(DOLocationID=False)), f"DOLocationID: {ID}, got bool"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_ride_is_told_by_field_and_what_was_expected(case: str) -> None:
    data, reason = BAD[case]
    with pytest.raises(InvalidEvent) as e:
        RIDE.read(decode(data))
    assert str(e.value) == reason


BAD_HOURS = {
    "a ride": (GOOD, "features: expected dict, but it is missing"),
    "no pred_id": ({"features": {}}, f"pred_id: {ID}, but it is missing"),
    "pred_id empty": (
        HOUR | {"pred_id": ""},
        "pred_id: expected 1 to 256 characters of valid Unicode",
    ),
    "t1 text": (hour(t1="2"), f"t1: {NUMBER}, got str"),
    "t2 infinite": (hour(t2=float("-inf")), "t2: expected a finite number"),
    "hum over 100": (hour(hum=101), "hum: expected a percentage, 0 to 100"),
    "hum NaN": (hour(hum=float("nan")), "hum: expected a percentage, 0 to 100"),
    "weather_code null": (hour(weather_code=None), f"weather_code: {NUMBER}, got NoneType"),
}


@pytest.mark.parametrize("case", BAD_HOURS)
def test_a_bad_hour_too(case: str) -> None:
    event, reason = BAD_HOURS[case]
    with pytest.raises(InvalidEvent) as e:
        BIKE.read(decode(encoded(event)))
    assert str(e.value) == reason
