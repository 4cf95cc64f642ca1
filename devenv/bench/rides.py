"""Rides through the whole system: how long one takes, and how many get through in a second."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from devenv.aws import Aws
from devenv.consumer import StreamReader
from devenv.pipelines.pipeline import Pipeline, SampleEvent
from devenv.producer import Record, put_records
from devenv.round_trip import round_trips
from devenv.settings import Settings

IDLE_SECONDS = (0.05, 0.25)
"""Between two single rides, so that each comes to an idle stream at no special moment."""
SAMPLES_AT_ONCE = 1000
PATIENCE = 60.0
"""Seconds without a new prediction, after which a replay is over."""


@dataclass(frozen=True)
class Replay:
    """What became of many rides that were put as fast as the stream takes them."""

    rides: int
    predicted: int
    """Distinct rides with a prediction."""
    doubled: int
    """Predictions beyond the first of their ride."""
    seconds: float
    """From before the first put until the last prediction was read."""

    @property
    def lost(self) -> int:
        return self.rides - self.predicted

    @property
    def rate(self) -> float:
        """Distinct rides per second."""
        return self.predicted / self.seconds


def sample_rides(pipeline: Pipeline, n: int, first_id: int) -> list[SampleEvent]:
    """`n` of the pipeline's sample events with ids of their own; the events themselves repeat."""
    found: list[SampleEvent] = []
    while len(found) < n:
        some = min(SAMPLES_AT_ONCE, n - len(found))
        found += pipeline.samples(some, first_id=first_id + len(found))
    return found


def single_rides(samples: list[SampleEvent], settings: Settings, aws: Aws) -> list[float]:
    """Seconds from put to prediction of each, sent one by one to an idle stream."""
    seconds = []
    for trip in round_trips(samples, settings, aws):
        seconds.append(trip.seconds)
        time.sleep(random.uniform(*IDLE_SECONDS))
    return seconds


def replay(samples: list[SampleEvent], settings: Settings, aws: Aws, limit: float) -> Replay:
    """Put all rides and count their predictions meanwhile, for `limit` seconds at most.

    The count is by partition key, which is the ride's id.
    """
    records = [Record(json.dumps(s.event).encode(), s.key) for s in samples]
    count = _Count({sample.key for sample in samples})
    reader = StreamReader(settings.predictions_stream, "LATEST", aws)
    began = time.monotonic()
    reading = threading.Thread(
        target=count.read, args=(reader, began + limit), daemon=True, name="bench-reader"
    )
    reading.start()
    for _ in _until(began + limit, put_records(settings.input_stream, records, aws)):
        pass
    reading.join()
    if count.error:
        raise count.error
    predicted = len(count.seen)
    ended = count.last if predicted else time.monotonic()
    return Replay(len(samples), predicted, count.seen.total() - predicted, ended - began)


@dataclass
class _Count:
    """Which rides have had predictions, and when the last new one came."""

    wanted: set[str]
    seen: Counter[str] = field(default_factory=Counter)
    last: float = field(default_factory=time.monotonic)
    error: Exception | None = None

    def read(self, reader: StreamReader, deadline: float) -> None:
        def over() -> bool:
            now = time.monotonic()
            done = len(self.seen) == len(self.wanted)
            return done or now > deadline or now - self.last > PATIENCE

        try:
            for record in reader.read(until=over):
                if record.partition_key in self.wanted:
                    if record.partition_key not in self.seen:
                        self.last = time.monotonic()
                    self.seen[record.partition_key] += 1
        except Exception as error:
            self.error = error


def _until[T](deadline: float, items: Iterator[T]) -> Iterator[T]:
    for item in items:
        if time.monotonic() > deadline:
            return
        yield item
