"""What can be a function's code, and how the rest is refused: runtimes, zips, images."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from devenv.aws import Aws
from devenv.settings import Settings
from devenv.testing import FUNCTION_IMAGE
from devenv.testing.engine import Engine

from .zip_functions import ROLE, Functions

BOOTSTRAP = """#!PYTHON -IS
import json, os
from urllib.request import Request, urlopen
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urlopen(f"{api}/next") as event:
        request_id, body = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)
    print("got", body, flush=True)
    answer = json.dumps({"handler": os.environ["_HANDLER"], "event": body}).encode()
    urlopen(Request(f"{api}/{request_id}/response", data=answer)).close()
"""


@pytest.mark.parametrize("runtime", ["provided.al2", "provided.al2023"])
def test_a_zip_with_its_own_bootstrap_runs(
    functions: Functions, runtime: str, devenv_function_engine: Engine
) -> None:
    """The program named bootstrap is started and speaks the Runtime API."""
    python = "/usr/local/bin/python3" if devenv_function_engine is Engine.DOCKER else sys.executable
    bootstrap = BOOTSTRAP.replace("PYTHON", python)
    name = functions.create_from({"bootstrap": bootstrap}, Runtime=runtime, Handler="any.thing")
    first, second = functions.invoke(name, {"n": 1}), functions.invoke(name, {"n": 2})
    assert first.payload == {"handler": "any.thing", "event": {"n": 1}}
    assert second.payload == {"handler": "any.thing", "event": {"n": 2}}
    assert "got {'n': 2}" in second.tail


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        ({"A.java": ""}, {"Runtime": "java21"}, "use python3.x, nodejs, or provided.*"),
        ({"other": ""}, {}, "bootstrap does not exist"),
    ],
)
def test_what_cannot_be_run_is_failed_with_the_reason(
    functions: Functions, files: dict[str, str], options: dict[str, object], words: str
) -> None:
    """The function's state says what is wrong and what to do."""
    defaults = {"Runtime": "provided.al2023", "Handler": "index.handler"}
    name = functions.create_from(files, wait=False, **{**defaults, **options})
    config = functions.await_state(name, "Failed")
    assert words in config["StateReason"]
    functions.aws.functions.delete_function(FunctionName=name)
    with pytest.raises(functions.aws.functions.exceptions.ResourceNotFoundException):
        functions.aws.functions.get_function(FunctionName=name)


def test_an_image_of_an_unknown_repository_does_not_exist(
    system: Settings, aws: Aws, devenv_function_engine: Engine
) -> None:
    """Lambda's own error, with what is known here."""
    with pytest.raises(ClientError) as caught:
        aws.functions.create_function(
            FunctionName="unknown-image",
            PackageType="Image",
            Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/other:v1"},
            Role=ROLE,
        )
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert "other:v1 does not exist. Provide a valid source image." in error["Message"]
    if devenv_function_engine is Engine.EMBEDDED:
        assert system.image_repository in error["Message"]


@pytest.fixture
def image_function(system: Settings, aws: Aws, devenv_function_engine: Engine) -> Iterator[str]:
    """A function of the project's image, under a registry's name, whose init needs no model."""
    name, registry = "image-test", "000000000000.dkr.ecr.us-east-1.amazonaws.com"
    image = f"{registry}/{system.image_repository}:v1"
    if devenv_function_engine is Engine.DOCKER:
        subprocess.run(["docker", "tag", FUNCTION_IMAGE, image], check=True)
    aws.functions.create_function(
        FunctionName=name,
        PackageType="Image",
        Code={"ImageUri": image},
        ImageConfig={"Command": ["code.interact"]},
        Role=ROLE,
        Timeout=20,
    )
    aws.functions.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1}
    )
    yield name
    aws.functions.delete_function(FunctionName=name)


@pytest.mark.parametrize("module", ["pandas", "devenv", "localstack", "pytest"])
def test_an_image_cannot_import_what_its_lock_lacks(
    functions: Functions, image_function: str, module: str
) -> None:
    """The handler is named by the image's command: a module that isn't there fails init."""
    _command(functions.aws, image_function, f"{module}.handler")
    failed = functions.invoke(image_function)
    assert failed.payload["errorType"] == "Runtime.ImportModuleError"
    assert f"No module named '{module}'" in failed.payload["errorMessage"]


def test_an_image_imports_what_its_lock_has(functions: Functions, image_function: str) -> None:
    """Here the standard library's own functions stand for a handler."""
    for command in ("sklearn.clone", "skops.io.dumps", "boto3.client", "lambda_function.log"):
        _command(functions.aws, image_function, command)
        answer = functions.invoke(image_function)
        assert answer.payload.get("errorType") not in {
            "Runtime.ImportModuleError",
            "Runtime.HandlerNotFound",
        }, (command, answer)


def _command(aws: Aws, name: str, handler: str) -> None:
    aws.functions.update_function_configuration(
        FunctionName=name, ImageConfig={"Command": [handler]}
    )
    aws.functions.get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1}
    )
