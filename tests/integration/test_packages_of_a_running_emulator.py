"""A package that comes into Pipfile.lock while the emulator runs: the next deployment has it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.environment import install_packages
from devenv.testing.engine import Engine

from .conftest import ROOT
from .s3.emulator import Emulator, emulator
from .zip_functions import Answer, Functions, make_role

SOURCE = """
import importlib.util

def lambda_handler(event, context):
    return {name: importlib.util.find_spec(name) is not None for name in event}
"""
IMAGE = "stream-model-duration"


def write_lock(root: Path, *names: str) -> None:
    """A Pipfile.lock of packages of this project's own."""
    every = json.loads((ROOT / "Pipfile.lock").read_text())
    some = {name: every["default"][name] for name in names}
    (root / "Pipfile.lock").write_text(json.dumps({**every, "default": some}))


@pytest.fixture
def checkout(engine: Engine, tmp_path: Path) -> Path:
    """A project whose function needs next to nothing."""
    if engine is not Engine.EMBEDDED:
        pytest.skip("an image made by Docker holds its packages")
    root = tmp_path / "checkout"
    (root / "serving").mkdir(parents=True)
    (root / "serving" / "events.py").touch()
    (root / "lambda_function.py").write_text(SOURCE)
    pins = (ROOT / "requirements.lock").read_text()
    ours = re.findall(r"^(?:boto3|awslambdaric)==\S+", pins, re.MULTILINE)
    (root / "requirements.lock").write_text("\n".join(ours))
    write_lock(root, "python-dateutil", "six")
    return root


@pytest.fixture
def running(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with emulator(tmp_path / "home", checkout) as instance:
        instance.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(instance.settings.endpoint_url))
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        yield instance


def found(functions: Functions, name: str) -> Any:
    answer: Answer = functions.invoke(name, ["six", "packaging"])
    assert answer.error is None, answer
    return answer.payload


def test_the_next_invocation_has_it(running: Emulator, checkout: Path) -> None:
    """Without a restart; one made before keeps what it was made with."""
    aws = Aws(running.settings)
    functions = Functions(aws, "packages")
    role = make_role(aws.iam, "lambda-kinesis-role")
    made = []
    for name in ("changed", "kept"):
        aws.functions.create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": f"{IMAGE}:v1"}, Role=role
        )
        functions.await_state(name, "Active")
        made.append(found(functions, name))
    assert made == [{"six": True, "packaging": False}] * 2

    write_lock(checkout, "python-dateutil", "six", "packaging")
    with pytest.raises(
        aws.functions.exceptions.InvalidParameterValueException, match="`devenv bootstrap`"
    ):
        aws.functions.update_function_code(FunctionName="changed", ImageUri=f"{IMAGE}:v2")
    said: list[str] = []
    install_packages(running.settings, said.append)
    assert said == ["Installing what the function runs on from Pipfile.lock …"]
    aws.functions.update_function_code(FunctionName="changed", ImageUri=f"{IMAGE}:v2")
    functions.await_state("changed", "Active")
    assert found(functions, "changed") == {"six": True, "packaging": True}
    assert found(functions, "kept") == {"six": True, "packaging": False}
    install_packages(running.settings, said.append)
    assert len(said) == 1
