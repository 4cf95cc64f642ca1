"""Partial batch responses"""

from dataclasses import dataclass
from typing import Any

import pytest

from .cloud import Cloud, Source
from .conftest import Map
from .failures import next_failure, to
from .observed import Seen

REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
WHOLE = {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 20}


def failing(item: dict[str, Any]) -> dict[str, Any]:
    return {"respond": {"batchItemFailures": [item]}}


SUCCESSES: dict[str, dict[str, Any]] = {
    "null": {"respond": None},
    "an empty object": {"respond": {}},
    "an empty list": {"respond": []},
    'an empty string ""': {"respond": ""},
    "batchItemFailures null": {"respond": {"batchItemFailures": None}},
    "batchItemFailures an empty list": {"respond": {"batchItemFailures": []}},
}
FAILURES: dict[str, dict[str, Any]] = {
    "an empty identifier": failing({"itemIdentifier": ""}),
    "an identifier of null": failing({"itemIdentifier": None}),
    "a wrong key": failing({"foo": "$SEQ"}),
    "a wrong key with null": failing({"foo": None}),
    "an identifier not in the batch": failing({"itemIdentifier": "not-in-the-batch"}),
    "an exception": {"raise": "poison"},
}


@dataclass(frozen=True)
class Outcome:
    """What became of all kinds of responses, each given to a batch of two in a shard of its own."""

    seen: Seen
    failures: dict[str, dict[str, Any]]
    """Failure records by shard."""
    shards: dict[str, str]
    """The shard for each kind of response."""
    sequences: dict[str, list[str]]

    def attempts(self, kind: str) -> list[list[str]]:
        """The sequence numbers that each invocation got."""
        mine = [one for one in self.seen if self.shards[kind] in one.shards]
        return [[record.sequence for record in one.records] for one in mine]


@pytest.fixture(scope="module")
def outcome(module_cloud: Cloud, witness: str) -> Outcome:
    """All kinds of responses at once, one mapping, one retry allowed."""
    kinds = SUCCESSES | FAILURES
    source, queue = module_cloud.source(shards=len(kinds)), module_cloud.queue()
    shards, sequences = {}, {}
    for number, (kind, order) in enumerate(kinds.items()):
        shards[kind] = f"shardId-{number:012d}"
        records = ({"id": [kind, 0]}, {"id": [kind, 1], "do": order})
        sequences[kind] = source.put(*records, shard=number, of=len(kinds))
    module_cloud.map(
        *(witness, source.arn), MaximumRetryAttempts=1, **WHOLE, **REPORTING, **to(queue)
    )
    source.watch.patience *= 3

    def enough(seen: Seen) -> bool:
        return len(seen) >= len(SUCCESSES) + 2 * len(FAILURES)

    try:
        source.watch.until(enough, "each success once, each failure twice")
    except AssertionError:
        pass  # The tests say which one it is.
    failures: dict[str, dict[str, Any]] = {}
    try:
        while len(failures) < len(FAILURES):
            failure = next_failure(queue, module_cloud.patience / 2)
            failures[failure["KinesisBatchInfo"]["shardId"]] = failure
    except Exception:
        pass
    return Outcome(source.watch.quiet(1), failures, shards, sequences)


@pytest.mark.parametrize("kind", SUCCESSES)
def test_success(outcome: Outcome, kind: str) -> None:
    """Full success: {kind}"""
    assert outcome.attempts(kind) == [outcome.sequences[kind]]
    assert outcome.shards[kind] not in outcome.failures


@pytest.mark.parametrize("kind", FAILURES)
def test_failure(outcome: Outcome, kind: str) -> None:
    """Full failure: {kind}"""
    assert outcome.attempts(kind) == [outcome.sequences[kind]] * 2
    failure = outcome.failures[outcome.shards[kind]]
    assert failure["KinesisBatchInfo"]["startSequenceNumber"] == outcome.sequences[kind][0]
    assert failure["KinesisBatchInfo"]["batchSize"] == 2


def test_checkpoint(source: Source, map_to_witness: Map) -> None:
    """The lowest number returned is the checkpoint: from there on all is tried again"""
    fails_once = {"report": True, "times": 1}
    source.put(0, 1, {"id": 2, "do": fails_once}, 3, {"id": 4, "do": fails_once}, 5)
    map_to_witness(source, BatchSize=6, MaximumBatchingWindowInSeconds=20, **REPORTING)
    seen = source.watch.until(lambda seen: len([o for o in seen if o.finished]) >= 2, "a retry")
    assert [one.ids for one in seen] == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5]]
    assert len(source.watch.quiet(2)) == 2


def test_not_set(source: Source, map_to_witness: Map) -> None:
    """Batch item failures are ignored unless ReportBatchItemFailures is set"""
    source.put(0, {"id": 1, "do": {"report": True}})
    map_to_witness(source, **WHOLE)
    source.watch.until_ids(0, 1)
    assert [one.ids for one in source.watch.quiet(3)] == [[0, 1]]
