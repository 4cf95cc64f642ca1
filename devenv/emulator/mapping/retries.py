"""What is done next with records that were tried: pure decisions.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from devenv.emulator.mapping.events import Record
from devenv.emulator.mapping.options import FOREVER, Options
from devenv.emulator.mapping.outcomes import Failed, NotRun, Outcome, PartlyFailed, Succeeded

EXHAUSTED, TOO_OLD = "RetryAttemptsExhausted", "RecordAgeExceeded"

FIRST_BACKOFF, LONGEST_BACKOFF = 0.1, 10.0


@dataclass(frozen=True)
class Part:
    """Records, all of a batch or a piece of it, that are tried together."""

    records: Sequence[Record]
    attempts: int = 0
    """How often they were tried, splitting not counted."""
    waits: int = 0
    """How many backoffs in a row there have been."""


@dataclass(frozen=True)
class Step:
    """What follows from an outcome: `done` records leave from the front, then come the others."""

    done: int = 0
    discarded: Part | None = None
    retry: tuple[Part, ...] = ()
    backoff: float = 0.0
    """Seconds until the first of `retry`."""


def next_step(part: Part, outcome: Outcome, options: Options) -> Step:
    """Decide what is done with a part that was tried once more."""
    if isinstance(outcome, Succeeded):
        return Step(done=len(part.records))
    if isinstance(outcome, NotRun):
        return _again(part, 0, part.attempts)
    done = outcome.index if isinstance(outcome, PartlyFailed) else 0
    rest = replace(part, records=part.records[done:])
    if done and options.bisect:
        # The returned number is where the batch is split: no retry is used up.
        return Step(done, retry=(replace(rest, waits=0),))
    if options.bisect and len(rest.records) > 1:
        middle = (len(rest.records) + 1) // 2
        halves = rest.records[:middle], rest.records[middle:]
        return Step(retry=tuple(replace(rest, records=half, waits=0) for half in halves))
    attempts = part.attempts + 1
    if isinstance(outcome, Failed) and outcome.hopeless:
        return Step(done, discarded=replace(rest, attempts=attempts))
    if options.max_retries != FOREVER and attempts > options.max_retries:
        return Step(done, discarded=replace(rest, attempts=attempts))
    return _again(rest, done, attempts)


def _again(part: Part, done: int, attempts: int) -> Step:
    backoff = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(part.waits, 20))
    return Step(
        done, retry=(replace(part, attempts=attempts, waits=part.waits + 1),), backoff=backoff
    )


def split_expired(part: Part, oldest: int) -> tuple[Part | None, Part | None]:
    """Those that arrived before `oldest` (ms), and the others; None where there are none."""
    count = bisect_left(part.records, oldest, key=attrgetter("arrived"))
    expired = replace(part, records=part.records[:count]) if count else None
    fresh = replace(part, records=part.records[count:]) if count < len(part.records) else None
    return expired, fresh


def function_error(outcome: Outcome) -> str | None:
    return outcome.function_error if isinstance(outcome, Failed) else None
