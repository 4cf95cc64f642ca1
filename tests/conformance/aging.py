"""Records that get old while the other tests run: a minute is the least that AWS takes."""

import time
from dataclasses import dataclass

from .cloud import Cloud
from .failures import to
from .observed import Queue
from .source import Source


@dataclass(frozen=True)
class Aging:
    """Two streams, put to at the same time."""

    begun: float
    failing: Source
    """Mapped, with a record that always fails."""
    failures: Queue
    stale: Source
    """Not mapped yet; two records."""
    stale_numbers: list[str]

    @classmethod
    def begin(cls, cloud: Cloud, function: str) -> "Aging":
        """`function` is not used by other tests, which its failing batch would disturb."""
        failing, stale, queue = cloud.source(), cloud.source(), cloud.queue()
        numbers = stale.put("stale 1", "stale 2")
        failing.put({"id": "poison", "do": {"raise": "poison"}})
        age = {"BatchSize": 1, "MaximumRecordAgeInSeconds": 60}
        cloud.map(function, failing.arn, **age, **to(queue))
        return cls(time.time(), failing, queue, stale, numbers)

    def wait(self, age: float) -> None:
        """Return when what was begun is `age` seconds old."""
        time.sleep(max(0, self.begun + age - time.time()))
