"""Retries and failure records"""

import re
import time
from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Map
from .failures import failures_within, next_failure, to
from .source import Source

pytestmark = pytest.mark.evidence(
    "recorded",
    "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_/event_source_mapping",
)
GUIDE = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"
)
GUIDE_2 = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"
)

POISON = {"raise": "poison"}


@GUIDE
def test_whole_batch(source: Source, map_to_witness: Map) -> None:
    """By default the whole batch is tried again until it succeeds"""
    source.put(1, {"id": 2, "do": {**POISON, "times": 2}}, 3)
    map_to_witness(source, BatchSize=3, MaximumBatchingWindowInSeconds=20)
    seen = source.watch.until_ids(1, 2, 3)
    assert [one.ids for one in seen] == [[1, 2, 3]] * 3


@GUIDE_2
def test_expiry() -> None:
    """By default a batch is tried again until its records expire"""
    pytest.skip("a stream keeps records for at least 24 hours")


@GUIDE
def test_before() -> None:
    """Errors before the function ran, other than throttling, don't use up MaximumRetryAttempts"""
    pytest.skip("nothing in AWS's API causes one on purpose")


@pytest.mark.parametrize("attempts", [0, 2])
def test_attempts(source: Source, map_to_witness: Map, cloud: Cloud, attempts: int) -> None:
    """MaximumRetryAttempts {attempts} gives that many and one invocations, and says so"""
    queue = cloud.queue()
    source.put({"id": "poison", "do": POISON}, "good")
    map_to_witness(source, BatchSize=1, MaximumRetryAttempts=attempts, **to(queue))
    failure = next_failure(queue, source.watch.patience)
    seen = source.watch.until_ids("good")
    assert [one.ids for one in seen] == [["poison"]] * (attempts + 1) + [["good"]]
    assert failure["requestContext"]["approximateInvokeCount"] == attempts + 1


@GUIDE_2
def test_discarded(source: Source, map_to_witness: Map) -> None:
    """Without a destination a batch whose attempts are used up is dropped, and the next one read"""
    source.put({"id": "poison", "do": POISON}, "good")
    map_to_witness(source, BatchSize=1, MaximumRetryAttempts=1)
    source.watch.until_ids("good")


@GUIDE
def test_throttled(cloud: Cloud, role: str, source: Source) -> None:
    """Throttles don't use up MaximumRetryAttempts"""
    function, queue = cloud.function(role), cloud.queue()
    cloud.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    source.put("patient")
    cloud.map(function, source.arn, MaximumRetryAttempts=0, **to(queue))
    assert source.watch.quiet(4) == []
    assert failures_within(queue, 1) == []
    cloud.functions.delete_function_concurrency(FunctionName=function)
    source.watch.until_ids("patient", within=source.watch.patience + 20)


@pytest.mark.evidence("inference", "a function that ran into its timeout has failed")
def test_timeout(cloud: Cloud, role: str, source: Source) -> None:
    """A function that runs into its timeout has failed, and is tried again"""
    function = cloud.function(role, Timeout=2)
    # Not counted in times: the environment that counts is gone after a timeout.
    later = time.time() + (90 if cloud.on_aws else 8)
    source.put({"id": 1, "do": {"sleep": 10, "until": later}})
    cloud.map(function, source.arn)
    seen = source.watch.until_ids(1, within=source.watch.patience + 20)
    assert len(seen) > 1


@pytest.fixture(scope="module")
def exhausted(module_cloud: Cloud, witness: str) -> tuple[Source, list[str], dict[str, Any]]:
    """A batch of two that failed twice: its stream, sequence numbers and failure record."""
    source, queue = module_cloud.source(), module_cloud.queue()
    sequences = source.put("good", {"id": "poison", "do": POISON})
    options = {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 20, "MaximumRetryAttempts": 1}
    module_cloud.map(witness, source.arn, **options, **to(queue))
    return source, sequences, next_failure(queue, module_cloud.patience)


Exhausted = tuple[Source, list[str], dict[str, Any]]


def test_record_keys(exhausted: Exhausted) -> None:
    """A failure record has requestContext, responseContext, version, timestamp, KinesisBatchInfo"""
    _, _, failure = exhausted
    names = {"requestContext", "responseContext", "version", "timestamp", "KinesisBatchInfo"}
    assert set(failure) == names
    assert failure["version"] == "1.0"
    assert_utc(failure["timestamp"])


def test_record_request(exhausted: Exhausted, cloud: Cloud, witness: str) -> None:
    """Its requestContext: requestId, functionArn, condition, approximateInvokeCount"""
    context = dict(exhausted[2]["requestContext"])
    assert len(context.pop("requestId")) == 36
    assert context.pop("functionArn").endswith(f":function:{witness}")
    assert context == {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2}


def test_record_response(exhausted: Exhausted) -> None:
    """Its responseContext: statusCode 200, executedVersion, functionError: Unhandled"""
    expected = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert exhausted[2]["responseContext"] == expected


def test_record_batch(exhausted: Exhausted) -> None:
    """Its KinesisBatchInfo: shard, first and last number and arrival, batch size, stream"""
    source, sequences, failure = exhausted
    info = dict(failure["KinesisBatchInfo"])
    for name in ("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"):
        assert_utc(info.pop(name))
    assert info == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": sequences[0],
        "endSequenceNumber": sequences[1],
        "batchSize": 2,
        "streamArn": source.arn,
    }


def assert_utc(text: str) -> None:
    """`2026-11-21T05:00:00.000Z`, as AWS writes times there."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text), text


def test_record_partial(source: Source, map_to_witness: Map, cloud: Cloud) -> None:
    """After a partial response functionError is null"""
    queue = cloud.queue()
    _, bad = source.put("good", {"id": "bad", "do": {"report": True}})
    options = {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 20, "MaximumRetryAttempts": 0}
    reporting = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    map_to_witness(source, **options, **reporting, **to(queue))
    failure = next_failure(queue, source.watch.patience)
    assert failure["responseContext"]["functionError"] is None
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failure["KinesisBatchInfo"]["startSequenceNumber"] == bad
    assert failure["KinesisBatchInfo"]["batchSize"] == 1
