"""The events of each pipeline: what they must look like, and what is published of a prediction.

A third pipeline is a function that makes features of an event's body, and an entry in PIPELINES.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

type Features = dict[str, str | float]
type Prediction = dict[str, Any]  # As it is published: see Pipeline.prediction.

FLOAT32_MAX = 3.4028234663852886e38
"""scikit-learn's trees read features as 32-bit floats."""


class InvalidEvent(ValueError):
    """What is wrong with one event, as "field: what was expected". Never holds its content."""


@dataclass(frozen=True, slots=True)
class Event:
    id: int | str
    features: Features


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One system's events and predictions, by the names that its tutorial uses."""

    body: str
    """The field of an event that the features are made of."""
    id: str
    """The field of an event, and of its prediction, by which one finds the other."""
    value: str
    """What is predicted."""
    features: Callable[[dict[str, object]], Features]
    """The body to what the model was trained on. Raises InvalidEvent."""
    model: str
    stream: str
    """Where predictions go; like `model`, unless the environment says otherwise."""
    function: str
    """What the function is called, unless the environment says otherwise."""

    def read(self, event: object) -> Event:
        """An event as a producer puts it on the stream; fields that nobody asks for pass."""
        if not isinstance(event, dict):
            raise InvalidEvent(f"event: expected a JSON object, got {type(event).__name__}")
        body, event_id = field(event, self.body, dict), field(event, self.id, int, str)
        text = str(event_id)
        # It becomes the partition key; one that Kinesis doesn't take fails the whole PutRecords.
        if not 1 <= len(text) <= 256 or any("\ud800" <= c <= "\udfff" for c in text):
            raise InvalidEvent(f"{self.id}: expected 1 to 256 characters of valid Unicode")
        return Event(event_id, self.features(body))

    def prediction(self, model: str, version: str, event: Event, value: float) -> Prediction:
        """`{"model", "version", "prediction": {"ride_duration", "ride_id"}}` for a ride."""
        made = {self.value: float(value), self.id: event.id}
        return {"model": model, "version": version, "prediction": made}


def decode(data: object) -> object:
    """A record's `data` as Lambda passes it, base64 of UTF-8 JSON, to what the JSON says."""
    if not isinstance(data, str):
        raise InvalidEvent(f"data: expected base64 text, got {type(data).__name__}")
    try:
        text = base64.b64decode(data, validate=True).decode("utf-8")
    except UnicodeDecodeError as e:
        raise InvalidEvent("data: expected UTF-8 text") from e
    except ValueError as e:
        raise InvalidEvent("data: expected base64") from e
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:  # also: thousands of digits, or of brackets
        raise InvalidEvent("data: expected JSON") from e


def field(owner: dict[str, object], name: str, *kinds: type) -> Any:
    """The value of a field that must be there, of one of these types."""
    expected = " or ".join(kind.__name__ for kind in kinds)
    if name not in owner:
        raise InvalidEvent(f"{name}: expected {expected}, but it is missing")
    value = owner[name]
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise InvalidEvent(f"{name}: expected {expected}, got {type(value).__name__}")
    return value


def number(
    owner: dict[str, object],
    name: str,
    expected: str = "a finite number",
    low: float = -FLOAT32_MAX,
    high: float = FLOAT32_MAX,
) -> float:
    value = field(owner, name, int, float)
    if not low <= value <= high:  # NaN compares as false
        raise InvalidEvent(f"{name}: expected {expected}")
    return float(value)


def ride_features(ride: dict[str, object]) -> Features:
    """Pickup and dropoff zone as one category, and the distance in miles."""
    pickup, dropoff = field(ride, "PULocationID", int, str), field(ride, "DOLocationID", int, str)
    miles = number(ride, "trip_distance", "a finite number of miles, 0 or more", low=0)
    return {"PU_DO": f"{pickup}_{dropoff}", "trip_distance": miles}


def bike_features(hour: dict[str, object]) -> Features:
    """An hour's weather: temperature and what it feels like (°C), humidity (%), weather code."""
    return {
        "t1": number(hour, "t1"),
        "t2": number(hour, "t2"),
        "hum": number(hour, "hum", "a percentage, 0 to 100", 0, 100),
        "weather_code": number(hour, "weather_code"),
    }


PIPELINES = {
    "ride": Pipeline(
        body="ride",
        id="ride_id",
        value="ride_duration",  # minutes
        features=ride_features,
        model="ride-duration",
        stream="ride_predictions",
        function="ride-duration-prediction",
    ),
    "bike": Pipeline(
        body="features",
        id="pred_id",
        value="cnt",  # hires in that hour
        features=bike_features,
        model="bike-model",
        stream="bike-predictions",
        function="bike-prediction",
    ),
}
