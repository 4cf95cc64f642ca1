"""`devenv template`, deployed by CloudFormation: the system that the bootstrap would have made."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from devenv.aws import Aws
from devenv.bootstrap.function import FunctionSpec, function_spec
from devenv.bootstrap.image import function_image
from devenv.bootstrap.model import existing_model
from devenv.bootstrap.template import template
from devenv.settings import Settings
from devenv.system import SystemState, read_system
from devenv.wait import wait_for

NAME = "templated"
"""What all names of the stack's resources begin with."""


@pytest.fixture(scope="module")
def settings(system: Settings) -> Settings:
    """The running system's model, and names of the stack's own."""
    return replace(
        system,
        input_stream=f"{NAME}_events",
        predictions_stream=f"{NAME}_predictions",
        function_name=NAME,
        role_name=f"{NAME}-role",
        failure_queue=f"{NAME}-failures",
    )


@pytest.fixture(scope="module")
def spec(settings: Settings, aws: Aws) -> FunctionSpec:
    return function_spec(settings, function_image(settings, aws), "", existing_model(settings, aws))


@pytest.fixture(scope="module")
def stack(settings: Settings, spec: FunctionSpec, tmp_path_factory: Any) -> Iterator[str]:
    """Deployed as its reader does."""
    file: Path = tmp_path_factory.mktemp("template") / "system.json"
    file.write_text(json.dumps(template(settings, spec)))
    aws = Path(sys.executable).with_name("aws")
    done = subprocess.run(
        (
            *(str(aws), "cloudformation", "deploy", "--stack-name", NAME),
            *("--template-file", str(file), "--capabilities", "CAPABILITY_NAMED_IAM"),
        ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    yield NAME
    cloudformation = boto3.client("cloudformation")
    cloudformation.delete_stack(StackName=NAME)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=NAME, WaiterConfig={"Delay": 1}
    )


def test_status_finds_it_complete(settings: Settings, aws: Aws, stack: str) -> None:
    """As after a bootstrap."""

    def ready() -> SystemState | None:
        found = read_system(settings, aws)
        return found if found.is_ready else None

    found = wait_for(ready, timeout=30, failure="the stack's system isn't complete")
    assert [stream.open_shards for stream in found.streams] == [settings.shard_count] * 2
    assert found.model is not None
    assert found.model.artifact_uri == existing_model(settings, aws).artifact_uri


def test_the_bootstrap_would_change_nothing(settings: Settings, aws: Aws, stack: str) -> None:
    """It finds role, streams, queue and mapping as it makes them."""
    from devenv.bootstrap import steps
    from devenv.environment import model_source

    said: list[str] = []
    steps.run(settings, aws, said.append, model_source(None))
    done = [line.rpartition(": ")[2] for line in said if not line.startswith("model")]
    assert done == ["there"] * len(done), said
