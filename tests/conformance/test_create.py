"""Creating a mapping"""

import re
from datetime import datetime
from typing import Any

import pytest

from .cloud import Cloud
from .conftest import Map
from .refusals import refused
from .source import Source

pytestmark = pytest.mark.evidence(
    "recorded",
    "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_/event_source_mapping",
)

FIELDS: dict[str, Any] = {
    "State": "Creating",
    "StateTransitionReason": "User action",
    "LastProcessingResult": "No records processed",
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "StartingPosition": "TRIM_HORIZON",
}


@pytest.fixture(scope="module")
def mapped(module_cloud: Cloud, witness: str) -> tuple[Source, dict[str, Any]]:
    """A stream, and what create_event_source_mapping answered for it, nothing being set."""
    source = module_cloud.source()
    return source, module_cloud.map(witness, source.arn)


def test_status(mapped: tuple[Source, dict[str, Any]]) -> None:
    """Create answers 202"""
    assert mapped[1]["ResponseMetadata"]["HTTPStatusCode"] == 202


@pytest.mark.parametrize(("name", "value"), FIELDS.items(), ids=list(FIELDS))
def test_answer(mapped: tuple[Source, dict[str, Any]], name: str, value: object) -> None:
    """Create's answer has {name}: {value}"""
    assert mapped[1].get(name) == value


def test_identity(mapped: tuple[Source, dict[str, Any]], witness: str) -> None:
    """Create's answer names the mapping (UUID, ARN), function and source, and when it was made"""
    source, answer = mapped
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["UUID"])
    assert answer["EventSourceMappingArn"].endswith(f":event-source-mapping:{answer['UUID']}")
    assert answer["EventSourceArn"] == source.arn
    assert answer["FunctionArn"].endswith(f":function:{witness}")
    assert isinstance(answer["LastModified"], datetime)


def test_unknown_stream(cloud: Cloud, witness: str, mapped: tuple[Source, dict[str, Any]]) -> None:
    """An unknown stream: 400 InvalidParameterValueException, `Stream not found: ARN`"""
    arn = f"{mapped[0].arn}-unknown"
    with refused("InvalidParameterValueException", says=f"Stream not found: {arn}"):
        cloud.map(witness, arn)


def test_twice(cloud: Cloud, witness: str, mapped: tuple[Source, dict[str, Any]]) -> None:
    """The same source and function again: 409 ResourceConflictException that names the UUID"""
    source, answer = mapped
    with refused("ResourceConflictException", status=409, says=answer["UUID"]):
        cloud.map(witness, source.arn)


@pytest.mark.evidence("model", "https://github.com/boto/botocore/tree/develop/botocore/data/lambda")
def test_states(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """A new mapping becomes Enabled; a deleted one is Deleting, then gone"""
    uuid = map_to_witness(source)
    cloud.settled(uuid, "Enabled")
    assert cloud.functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    cloud.unmapped(uuid)


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-example.html"
)
def test_last_result(cloud: Cloud, source: Source, map_to_witness: Map) -> None:
    """LastProcessingResult is OK once a batch has succeeded"""
    uuid = map_to_witness(source)
    source.put(1)
    source.watch.until_ids(1)
    cloud.wait(
        lambda: cloud.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK",
        "LastProcessingResult is OK",
    )
