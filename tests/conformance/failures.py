"""Failure records, as they arrive where a mapping's DestinationConfig says."""

import json
from typing import Any

from devenv.wait import wait_for

from .observed import Queue


def to(queue: Queue) -> dict[str, Any]:
    """Mapping options that send failure records to `queue`."""
    return {"DestinationConfig": {"OnFailure": {"Destination": queue.arn}}}


def next_failure(queue: Queue, patience: float) -> dict[str, Any]:
    """The next failure record of `queue`."""
    bodies = wait_for(
        lambda: queue.take(), timeout=patience, interval=0, failure="no failure record came"
    )
    assert len(bodies) == 1, bodies
    return dict(json.loads(bodies[0]))


def failures_within(queue: Queue, seconds: int) -> list[dict[str, Any]]:
    """All failure records that come within `seconds`, up to 20."""
    return [json.loads(body) for body in queue.take(seconds)]
