"""Parameters and their bounds"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Map
from .refusals import refused
from .source import Source

pytestmark = pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/lambda"
)
GUIDE = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"
)
GUIDE_2 = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"
)

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


@dataclass(frozen=True)
class Refusal:
    """Mappings of one stream that must not come to be."""

    cloud: Cloud
    witness: str
    source: Source

    def of(self, **options: Any) -> None:
        """Fail unless a mapping with `options` is refused. One that is None isn't sent."""
        request = {"Enabled": False, "StartingPosition": "TRIM_HORIZON", **options}
        with refused():
            answer = self.cloud.functions.create_event_source_mapping(
                FunctionName=self.witness,
                EventSourceArn=self.source.arn,
                **{name: value for name, value in request.items() if value is not None},
            )
            # It would be in the way of the next: AWS allows one for a function and a stream.
            self.cloud.functions.delete_event_source_mapping(UUID=answer["UUID"])
            self.cloud.unmapped(answer["UUID"])


@pytest.fixture(scope="module")
def refusal(module_cloud: Cloud, witness: str) -> Refusal:
    return Refusal(module_cloud, witness, module_cloud.source())


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
def test_refused(refusal: Refusal, name: str, value: object) -> None:
    """{name} {value} is refused"""
    refusal.of(**{name: value})


def test_position_required(refusal: Refusal) -> None:
    """StartingPosition is required"""
    refusal.of(StartingPosition=None)


def test_position_unknown(refusal: Refusal) -> None:
    """StartingPosition is TRIM_HORIZON, LATEST or AT_TIMESTAMP, and nothing else"""
    refusal.of(StartingPosition="NOW")


@GUIDE_2
def test_future(refusal: Refusal) -> None:
    """AT_TIMESTAMP in the future is refused"""
    later = datetime.now(UTC) + timedelta(hours=1)
    refusal.of(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=later)


def test_no_timestamp(refusal: Refusal) -> None:
    """AT_TIMESTAMP without a timestamp is refused"""
    refusal.of(StartingPosition="AT_TIMESTAMP")


def test_destination(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """DestinationConfig.OnFailure is kept"""
    wanted = {"OnFailure": {"Destination": cloud.queue().arn}}
    uuid = map_to_witness(source, Enabled=False, DestinationConfig=wanted)
    assert cloud.settled(uuid, "Disabled")["DestinationConfig"] == wanted


FILTERS = [{"Pattern": json.dumps({"data": {"kind": [str(number)]}})} for number in range(11)]


@GUIDE
def test_five_filters(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """FilterCriteria may have 5 filters"""
    uuid = map_to_witness(source, Enabled=False, FilterCriteria={"Filters": FILTERS[:5]})
    assert cloud.settled(uuid, "Disabled")["FilterCriteria"] == {"Filters": FILTERS[:5]}


@GUIDE
def test_eleven_filters(refusal: Refusal) -> None:
    """More than 10 filters, the highest quota, are refused"""
    refusal.of(FilterCriteria={"Filters": FILTERS})


@GUIDE
def test_bad_pattern(refusal: Refusal) -> None:
    """A filter that is no pattern is refused"""
    pattern = '{"data": {"kind": "not in a list"}}'
    refusal.of(FilterCriteria={"Filters": [{"Pattern": pattern}]})


OTHERS = {
    "DestinationConfig.OnSuccess": {"DestinationConfig": {"OnSuccess": {"Destination": "arn:x"}}},
    "Queues": {"Queues": ["queue"]},
    "Topics": {"Topics": ["topic"]},
    "ScalingConfig": {"ScalingConfig": {"MaximumConcurrency": 5}},
}


@GUIDE_2
@pytest.mark.parametrize("option", OTHERS)
def test_not_for_kinesis(refusal: Refusal, option: str) -> None:
    """{option}, which Kinesis sources don't have, is refused, not ignored"""
    refusal.of(**OTHERS[option])
