"""Partial batch responses"""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Map
from .failures import to
from .observed import Seen
from .source import Source

pytestmark = pytest.mark.evidence(
    "recorded",
    "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_/event_source_mapping",
)
GUIDE = pytest.mark.evidence(
    "guide",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html",
)

REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
WHOLE = {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 2}


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
    """What became of all kinds of responses, each given to a batch of two, one after another."""

    seen: Seen
    failures: dict[str, dict[str, Any]]
    """Failure records by the first number of their batch."""
    numbers: dict[str, list[str]]
    """The sequence numbers of the batch for each kind of response."""

    def attempts(self, kind: str) -> list[list[str]]:
        """The sequence numbers that each invocation got that had some of the kind's batch."""
        batches = [[record.sequence for record in one.records] for one in self.seen]
        return [batch for batch in batches if set(batch) & set(self.numbers[kind])]


@pytest.fixture(scope="module")
def outcome(module_cloud: Cloud, witness: str) -> Outcome:
    """All kinds of responses through one mapping, one retry allowed."""
    source, queue = module_cloud.source(), module_cloud.queue()
    numbers = {
        kind: source.put(f"{kind} 0", {"id": f"{kind} 1", "do": order})
        for kind, order in (SUCCESSES | FAILURES).items()
    }
    source.put("last")
    module_cloud.map(
        *(witness, source.arn), MaximumRetryAttempts=1, **WHOLE, **REPORTING, **to(queue)
    )
    # Whatever doesn't come in time, a test will say so.
    with contextlib.suppress(AssertionError):
        source.watch.until_ids("last", within=2 * module_cloud.patience)
    failures = {}
    while bodies := queue.take(2):
        for failure in map(json.loads, bodies):
            failures[failure["KinesisBatchInfo"]["startSequenceNumber"]] = failure
    return Outcome(source.watch.quiet(1), failures, numbers)


@pytest.mark.parametrize("kind", SUCCESSES)
def test_success(outcome: Outcome, kind: str) -> None:
    """Full success: {kind}"""
    assert outcome.attempts(kind) == [outcome.numbers[kind]]
    assert not set(outcome.numbers[kind]) & set(outcome.failures)


@pytest.mark.parametrize("kind", FAILURES)
def test_failure(outcome: Outcome, kind: str) -> None:
    """Full failure: {kind}"""
    first, last = outcome.numbers[kind]
    assert outcome.attempts(kind) == [[first, last]] * 2
    assert outcome.failures[first]["KinesisBatchInfo"]["endSequenceNumber"] == last


@GUIDE
def test_checkpoint(source: Source, map_to_witness: Map) -> None:
    """The lowest number returned is the checkpoint: from there on all is tried again"""
    fails_once = {"report": True, "times": 1}
    source.put(0, 1, {"id": 2, "do": fails_once}, 3, {"id": 4, "do": fails_once}, 5)
    map_to_witness(source, BatchSize=6, MaximumBatchingWindowInSeconds=20, **REPORTING)
    seen = source.watch.until(lambda seen: len([o for o in seen if o.finished]) >= 2, "a retry")
    assert [one.ids for one in seen] == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5]]
    assert len(source.watch.quiet(2)) == 2


@GUIDE
def test_not_set(source: Source, map_to_witness: Map) -> None:
    """Batch item failures are ignored unless ReportBatchItemFailures is set"""
    source.put(0, {"id": 1, "do": {"report": True}})
    map_to_witness(source, **WHOLE)
    source.watch.until_ids(0, 1)
    assert [one.ids for one in source.watch.quiet(3)] == [[0, 1]]
