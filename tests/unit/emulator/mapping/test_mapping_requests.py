"""What is refused, in AWS's words where they're known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from localstack.aws.api import ServiceException

from devenv.emulator.mapping.requests import check

LATER = datetime.now(UTC) + timedelta(days=1)
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


def on_failure(arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"BatchSize": 0}, "Value '0' at 'batchSize'"),
        ({"BatchSize": 10_001}, "less than or equal to 10000"),
        ({"MaximumBatchingWindowInSeconds": 301}, "300"),
        ({"ParallelizationFactor": 11}, "10"),
        ({"MaximumRetryAttempts": -2}, "-1"),
        ({"MaximumRecordAgeInSeconds": 59}, "60"),
        ({"MaximumRecordAgeInSeconds": 604_801}, "604800"),
        ({"TumblingWindowInSeconds": 901}, "900"),
        ({"TumblingWindowInSeconds": 1, "ParallelizationFactor": 2}, "ParallelizationFactor 1"),
        ({"FunctionResponseTypes": ["Other"]}, "ReportBatchItemFailures"),
        ({"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}, "Unsupported"),
        (on_failure("arn:aws:lambda:us-east-1:000000000000:function:f"), "SQS"),
        (on_failure(QUEUE + ".fifo"), "standard"),
        ({"FilterCriteria": {"Filters": [{"Pattern": ""}]}}, "Invalid filter pattern"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 11}}, "10 filters"),
        ({"Topics": ["t"]}, "Topics"),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:0:key/1"}, "not supported by devenv"),
        ({"StartingPosition": None}, "startingPosition"),
        ({"StartingPosition": "THEN"}, "LATEST, AT_TIMESTAMP, TRIM_HORIZON"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp is required"),
        ({"StartingPositionTimestamp": LATER}, "only be used"),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": LATER}, "future"),
    ],
)
def test_refused(request_: dict[str, Any], words: str) -> None:
    with pytest.raises(ServiceException, match=words):
        check({"StartingPosition": "LATEST", **request_}, new=True)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"MaximumRecordAgeInSeconds": -1, "MaximumRetryAttempts": -1},
        on_failure(QUEUE),
        on_failure("arn:aws:s3:::bucket"),
        {"DestinationConfig": {"OnFailure": {}}, "FunctionResponseTypes": []},
    ],
)
def test_taken(request_: dict[str, Any]) -> None:
    check({"StartingPosition": "LATEST", **request_}, new=True)
