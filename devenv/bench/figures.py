"""Results, and how they compare."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One thing that is measured."""

    name: str
    unit: str
    higher_is_better: bool | None = True
    """None where a ratio says nothing."""
    digits: int = 0


PUT_RECORD = Kind("PutRecord", "records/s")
PUT_RECORD_PLAIN = Kind("PutRecord without boto3", "records/s")
PUT_RECORDS = Kind("PutRecords of 500", "records/s")
GET_RECORDS = Kind("GetRecords of 1,000", "records/s")
RIDE_P50 = Kind("one ride, p50", "ms", higher_is_better=False)
RIDE_P95 = Kind("one ride, p95", "ms", higher_is_better=False)
RIDE_P99 = Kind("one ride, p99", "ms", higher_is_better=False)
REPLAY = Kind("replay", "rides/s")
LOST = Kind("replay: rides lost", "", higher_is_better=None)
DOUBLED = Kind("replay: predicted twice", "", higher_is_better=None)
READY = Kind("emulator's start", "s", higher_is_better=False, digits=1)
MEMORY = Kind("memory: emulator", "MB", higher_is_better=False)
MEMORY_OTHERS = Kind("memory: its processes", "MB", higher_is_better=False)

KINDS = (
    *(PUT_RECORD, PUT_RECORD_PLAIN, PUT_RECORDS, GET_RECORDS),
    *(RIDE_P50, RIDE_P95, RIDE_P99, REPLAY, LOST, DOUBLED, READY, MEMORY, MEMORY_OTHERS),
)


@dataclass
class Figures:
    """What was measured of one subject: a value a round."""

    subject: str
    rounds: dict[Kind, list[float]] = field(default_factory=dict)

    def add(self, kind: Kind, *values: float) -> None:
        self.rounds.setdefault(kind, []).extend(values)

    def value(self, kind: Kind) -> float | None:
        """The rounds' median."""
        found = self.rounds.get(kind)
        return statistics.median(found) if found else None

    def add_rides(self, seconds: Sequence[float]) -> None:
        """Percentiles of all single rides."""
        points = statistics.quantiles([1000 * s for s in seconds], n=100, method="inclusive")
        for kind, percent in ((RIDE_P50, 50), (RIDE_P95, 95), (RIDE_P99, 99)):
            self.add(kind, points[percent - 1])

    def as_json(self) -> dict[str, Any]:
        medians = {f"{k.name} ({k.unit})" if k.unit else k.name: self.value(k) for k in self.rounds}
        return {"subject": self.subject, "median": medians, "rounds": len(self.rounds[PUT_RECORD])}


def ratio(kind: Kind, ours: Figures, peer: Figures) -> float | None:
    """How many times better ours is; below 1 it's worse."""
    here, there = ours.value(kind), peer.value(kind)
    if kind.higher_is_better is None or not here or not there:
        return None
    return here / there if kind.higher_is_better else there / here


def table(figures: Sequence[Figures]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: a column for each subject, and each peer's ratio beside it."""
    ours, *peers = figures
    header = ["", "", ours.subject]
    for peer in peers:
        header += [peer.subject, "ratio"]
    rows = []
    for kind in KINDS:
        if ours.value(kind) is None:
            continue
        row = [kind.name, kind.unit, _shown(kind, ours)]
        for peer in peers:
            found = ratio(kind, ours, peer)
            row += [_shown(kind, peer), "" if found is None else f"{found:.2f}×"]
        rows.append(row)
    return header, rows


def _shown(kind: Kind, figures: Figures) -> str:
    value = figures.value(kind)
    return "–" if value is None else f"{value:,.{kind.digits}f}"
