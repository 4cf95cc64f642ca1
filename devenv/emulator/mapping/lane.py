"""A lane: the part of a shard's records that one runner delivers in order."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    """Number `number` of the `lanes` that a shard's partition keys are spread over.

    There is one unless the mapping has a ParallelizationFactor.
    """

    shard: int
    number: int = 0
    lanes: int = 1
