"""MaximumRecordAgeInSeconds"""

from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Aging, Map
from .failures import next_failure, to

AGE = 60
"""The lowest that AWS takes. `aging` was begun with the session, so little of it is left."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.evidence(
        "recorded",
        "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_/event_source_mapping",
    ),
]


@pytest.fixture(scope="module")
def expired(aging: Aging) -> dict[str, Any]:
    """The failure record of a batch that failed until it was too old."""
    aging.wait(AGE - 5)
    aging.failing.put("good")
    return next_failure(aging.failures, AGE + aging.failing.watch.patience)


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"
)
def test_expired(aging: Aging, expired: dict[str, Any]) -> None:
    """A batch that fails until its records are too old is discarded, and the next one read"""
    assert expired["requestContext"]["condition"] == "RecordAgeExceeded"
    attempts = [one for one in aging.failing.watch.until_ids("good") if one.ids == ["poison"]]
    assert len(attempts) >= 2
    assert attempts[-1].started - aging.begun < AGE + 10


def test_expired_record(expired: dict[str, Any]) -> None:
    """The failure record of RecordAgeExceeded has no responseContext"""
    assert set(expired) == {"requestContext", "version", "timestamp", "KinesisBatchInfo"}


def test_expired_only(aging: Aging, map_to_witness: Map, cloud: Cloud) -> None:
    """Age discards the expired records only; the rest of the batch is delivered"""
    aging.wait(AGE + 1)
    source, queue = aging.stale, cloud.queue()
    source.put("fresh 1", "fresh 2")
    whole = {"BatchSize": 4, "MaximumBatchingWindowInSeconds": 5}
    map_to_witness(source, MaximumRecordAgeInSeconds=AGE, **whole, **to(queue))
    seen = source.watch.until_ids("fresh 1", "fresh 2")
    assert [id for one in seen for id in one.ids] == ["fresh 1", "fresh 2"]
    failure = next_failure(queue, cloud.patience)
    assert failure["requestContext"]["condition"] == "RecordAgeExceeded"
    info = failure["KinesisBatchInfo"]
    numbers = [info["startSequenceNumber"], info["endSequenceNumber"]]
    assert (info["batchSize"], numbers) == (2, aging.stale_numbers)
