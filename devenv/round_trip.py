"""One event's way through the system: put on the input stream, its prediction read, timed."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devenv.aws import Aws
from devenv.consumer import Read, StreamReader
from devenv.errors import Unreachable
from devenv.pipelines.pipeline import SampleEvent
from devenv.producer import Record, put_records
from devenv.settings import Settings

FIRST_TIMEOUT = 60.0
"""Seconds until a prediction must be there; the first one waits for the function's cold start."""


@dataclass(frozen=True)
class RoundTrip:
    """A sample with what the system made of it."""

    sample: SampleEvent
    prediction: dict[str, Any]
    """The record from the predictions stream: model, version, prediction."""
    seconds: float
    """From before the put until the prediction was read."""


def round_trips(
    samples: list[SampleEvent],
    settings: Settings,
    aws: Aws,
    timeout: float = FIRST_TIMEOUT,
) -> Iterator[RoundTrip]:
    """Send `samples` one after the other, each when the one before has its prediction.

    Raises `Unreachable` if a prediction isn't there within `timeout` seconds.
    """
    reader = StreamReader(settings.predictions_stream, "LATEST", aws)
    for sample in samples:
        began = time.monotonic()
        record = Record(json.dumps(sample.event).encode(), sample.key)
        list(put_records(settings.input_stream, [record], aws))
        prediction = _await(sample.key, reader, began + timeout)
        if prediction is None:
            raise Unreachable(
                f"No prediction for {sample.key} on {settings.predictions_stream} at "
                f"{settings.endpoint} within {timeout:.0f} s. See `devenv logs function` and "
                "`devenv status`."
            )
        yield RoundTrip(sample, prediction, time.monotonic() - began)


def _await(key: str, reader: StreamReader, deadline: float) -> dict[str, Any] | None:
    """The prediction with `key`; others (somebody else's rides) are passed over."""
    for record in reader.read(until=lambda: time.monotonic() > deadline):
        if record.partition_key == key and (found := _parsed(record)):
            return found
    return None


def _parsed(record: Read) -> dict[str, Any] | None:
    try:
        value = json.loads(record.data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
