"""Every operation by boto3 and by the AWS CLI. One that's added without a case fails here."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import awscli
import pytest
from awscli.clidriver import CLIDriver, create_clidriver
from botocore import xform_name

from devenv.aws import Aws
from devenv.emulator.kinesis.operations import OPERATIONS
from devenv.settings import Settings

from .kinesis_cases import CASES, Place

pytestmark = pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)

NOT_IN_CLI = {"SubscribeToShard"}
"""Version 1 of the CLI has no event streams."""


@pytest.fixture
def place(system: Settings, aws: Aws) -> Iterator[Place]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    aws.kinesis.create_stream(StreamName=name, ShardCount=2)
    place = Place(aws.kinesis, name)
    yield place
    for made in place.streams:
        if made.startswith(name):
            aws.kinesis.delete_stream(StreamName=made, EnforceConsumerDeletion=True)


@pytest.fixture(scope="module")
def cli(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CLIDriver]:
    """In this process: a process for each command would take a second."""
    with pytest.MonkeyPatch.context() as patch:
        # Set by importing it; `settings` has cleared all of AWS's variables since.
        patch.setenv("AWS_DATA_PATH", str(Path(awscli.__file__).with_name("data")))
        for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
            patch.setenv(f"AWS_{name}", str(tmp_path_factory.mktemp("aws") / "none"))
        yield create_clidriver()


def flags(request: dict[str, Any]) -> list[str]:
    """The request as one types it: `--stream-name test --shard-count 2`."""
    words = []
    for name, value in request.items():
        shown = value if isinstance(value, str) else json.dumps(value)
        words += [f"--{xform_name(name, '-')}", shown]
    return words


@pytest.mark.parametrize("operation", OPERATIONS)
def test_boto3(operation: str, place: Place) -> None:
    case = CASES[operation]
    answer = getattr(place.kinesis, xform_name(operation))(**case.request(place))
    assert set(case.shows) <= set(answer)
    if "EventStream" in answer:
        with closing(answer["EventStream"]) as events:
            assert "SubscribeToShardEvent" in next(iter(events))
    assert case.done(place)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_aws_cli(
    operation: str, place: Place, cli: CLIDriver, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[operation]
    command = ["kinesis", xform_name(operation, "-"), *flags(case.request(place))]
    capsys.readouterr()
    if operation in NOT_IN_CLI:
        with pytest.raises(SystemExit):
            cli.main(command)
        assert "Invalid choice" in capsys.readouterr().err
        return
    code = cli.main(command)
    out, err = capsys.readouterr()
    assert code == 0, err
    assert set(case.shows) <= set(json.loads(out or "{}"))
    assert case.done(place)
