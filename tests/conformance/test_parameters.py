"""Parameters and their bounds"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .cloud import Cloud, Source
from .conftest import Map
from .refusals import refused

BOUNDS: list[tuple[str, str, Any, list[Any], list[Any]]] = [
    ("BatchSize", "1–10000, by default 100", 100, [1, 10000], [0, 10001]),
    ("MaximumBatchingWindowInSeconds", "0–300, by default 0", 0, [300, 0], [-1, 301]),
    ("ParallelizationFactor", "1–10, by default 1", 1, [10, 1], [0, 11]),
    ("MaximumRetryAttempts", "−1…10000, by default −1", -1, [0, 10000, -1], [-2, 10001]),
    (
        *("MaximumRecordAgeInSeconds", "−1 or 60–604800, by default −1", -1),
        *([60, 604800, -1], [-2, 0, 59, 604801]),
    ),
    ("TumblingWindowInSeconds", "0–900, by default 0", 0, [900, 0], [-1, 901]),
    ("BisectBatchOnFunctionError", "true or false, by default false", False, [True, False], []),
    (
        *("FunctionResponseTypes", "at most one, ReportBatchItemFailures", []),
        *([["ReportBatchItemFailures"], []], [["Other"], ["ReportBatchItemFailures"] * 2]),
    ),
]


@pytest.fixture(scope="module")
def idle(module_cloud: Cloud, witness: str) -> dict[str, Any]:
    """A mapping that is not enabled, whose parameters are changed to and fro."""
    answer = module_cloud.map(witness, module_cloud.source().arn, Enabled=False)
    return module_cloud.settled(answer["UUID"], "Disabled")


@pytest.fixture(scope="module")
def unmapped(module_cloud: Cloud) -> Source:
    """A stream for mappings that must not come to be."""
    return module_cloud.source()


BY_NAME = pytest.mark.parametrize(
    ("name", "bounds", "default", "good", "bad"), BOUNDS, ids=[row[0] for row in BOUNDS]
)


@BY_NAME
def test_accepted(
    cloud: Cloud,
    idle: dict[str, Any],
    name: str,
    bounds: str,
    default: object,
    good: list[Any],
    bad: list[Any],
) -> None:
    """{name} is {bounds}: what lies within is taken"""
    assert idle.get(name) == default
    for value in good:
        cloud.functions.update_event_source_mapping(UUID=idle["UUID"], **{name: value})
        assert cloud.settled(idle["UUID"], "Disabled")[name] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, _, _, _, bad in BOUNDS for value in bad],
)
def test_refused(cloud: Cloud, witness: str, unmapped: Source, name: str, value: object) -> None:
    """{name} {value} is refused"""
    with refused():
        cloud.map(witness, unmapped.arn, Enabled=False, **{name: value})


def test_position_required(cloud: Cloud, witness: str, unmapped: Source) -> None:
    """StartingPosition is required"""
    with refused():
        cloud.functions.create_event_source_mapping(
            FunctionName=witness, EventSourceArn=unmapped.arn, Enabled=False
        )


def test_position_unknown(cloud: Cloud, witness: str, unmapped: Source) -> None:
    """StartingPosition is TRIM_HORIZON, LATEST or AT_TIMESTAMP, and nothing else"""
    with refused():
        cloud.map(witness, unmapped.arn, Enabled=False, StartingPosition="NOW")


def test_future(cloud: Cloud, witness: str, unmapped: Source) -> None:
    """AT_TIMESTAMP in the future is refused"""
    with refused():
        cloud.map(
            *(witness, unmapped.arn),
            Enabled=False,
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=datetime.now(UTC) + timedelta(hours=1),
        )


def test_no_timestamp(cloud: Cloud, witness: str, unmapped: Source) -> None:
    """AT_TIMESTAMP without a timestamp is refused"""
    with refused():
        cloud.map(witness, unmapped.arn, Enabled=False, StartingPosition="AT_TIMESTAMP")


def test_destination(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """DestinationConfig.OnFailure is kept"""
    wanted = {"OnFailure": {"Destination": cloud.queue().arn}}
    uuid = map_to_witness(source, Enabled=False, DestinationConfig=wanted)
    assert cloud.settled(uuid, "Disabled")["DestinationConfig"] == wanted


FILTERS = [{"Pattern": json.dumps({"data": {"kind": [str(number)]}})} for number in range(11)]


def test_five_filters(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """FilterCriteria may have 5 filters"""
    uuid = map_to_witness(source, Enabled=False, FilterCriteria={"Filters": FILTERS[:5]})
    assert cloud.settled(uuid, "Disabled")["FilterCriteria"] == {"Filters": FILTERS[:5]}


def test_eleven_filters(cloud: Cloud, witness: str, unmapped: Source) -> None:
    """More than 10 filters, the highest quota, are refused"""
    with refused():
        cloud.map(witness, unmapped.arn, Enabled=False, FilterCriteria={"Filters": FILTERS})


def test_bad_pattern(cloud: Cloud, witness: str, unmapped: Source) -> None:
    """A filter that is no pattern is refused"""
    criteria = {"Filters": [{"Pattern": '{"data": {"kind": "not in a list"}}'}]}
    with refused():
        cloud.map(witness, unmapped.arn, Enabled=False, FilterCriteria=criteria)


OTHERS = {
    "DestinationConfig.OnSuccess": {"DestinationConfig": {"OnSuccess": {"Destination": "arn:x"}}},
    "Queues": {"Queues": ["queue"]},
    "Topics": {"Topics": ["topic"]},
    "ScalingConfig": {"ScalingConfig": {"MaximumConcurrency": 5}},
}


@pytest.mark.parametrize("option", OTHERS)
def test_not_for_kinesis(cloud: Cloud, witness: str, unmapped: Source, option: str) -> None:
    """{option}, which Kinesis sources don't have, is refused, not ignored"""
    with refused():
        cloud.map(witness, unmapped.arn, Enabled=False, **OTHERS[option])
