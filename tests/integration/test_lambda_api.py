"""What Lambda's API refuses and accepts, where LocalStack's own does otherwise."""

import io
import json
import stat
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from devenv.wait import wait_for

from .zip_functions import ROLE, Functions, zipped

ECHO = "def handler(event, context): return len(event) if event else None"
NOT_A_BOOTSTRAP = {"Runtime": "provided.al2023", "Handler": "any"}


def refused(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int, str]:
    response = caught.value.response
    error = response["Error"]
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], status, error["Message"]


def text(size: int) -> bytes:
    """JSON of so many bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_a_payload_may_be_as_large_as_lambdas(functions: Functions, kind: str, limit: int) -> None:
    """One byte more is refused in Lambda's words, and not handed on."""
    name = functions.create("def handler(event, context): print('length', len(event))")
    invoke = functions.aws.functions.invoke
    assert "FunctionError" not in invoke(
        FunctionName=name, InvocationType=kind, Payload=text(limit)
    )
    with pytest.raises(ClientError) as caught:
        invoke(FunctionName=name, InvocationType=kind, Payload=text(limit + 1))
    assert refused(caught) == (
        "RequestEntityTooLargeException",
        413,
        f"{limit + 1} byte payload is too large for the {kind} invocation type "
        f"(limit {limit} bytes)",
    )
    lengths = [line for line in functions.log(name) if line.startswith("length")]
    assert lengths == [f"length {limit - 2}"]


def linked(name: str, target: str, through: str) -> bytes:
    """A zip with a symbolic link, and a file whose path goes through it."""
    buffer = io.BytesIO(zipped({"app.py": ECHO}))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo(name)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, target)
        archive.writestr(f"{name}/{through}", "written")
    return buffer.getvalue()


@pytest.mark.parametrize("operation", ["create", "update", "update from S3"])
def test_a_zip_that_writes_through_a_link_is_refused(
    functions: Functions, operation: str, tmp_path: Path
) -> None:
    """By whichever way it comes; nothing is written, and the function stays as it was."""
    archive = linked("folder", str(tmp_path), "evil")
    lambdas, s3 = functions.aws.functions, functions.aws.s3
    name = functions.create(ECHO) if operation != "create" else f"{functions.prefix}-linked"
    bucket = {"S3Bucket": f"code-{uuid.uuid4().hex}", "S3Key": "code.zip"}
    s3.create_bucket(Bucket=bucket["S3Bucket"])
    s3.put_object(Bucket=bucket["S3Bucket"], Key=bucket["S3Key"], Body=archive)
    settings = {"Runtime": "python3.13", "Handler": "app.handler", "Role": ROLE}
    call: Callable[[], object] = {
        "create": lambda: lambdas.create_function(
            FunctionName=name, Code={"ZipFile": archive}, **settings
        ),
        "update": lambda: lambdas.update_function_code(FunctionName=name, ZipFile=archive),
        "update from S3": lambda: lambdas.update_function_code(FunctionName=name, **bucket),
    }[operation]
    with pytest.raises(ClientError) as caught:
        call()
    code, status, message = refused(caught)
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert "Could not unzip uploaded file." in message
    assert "link folder points outside of the zip" in message
    assert list(tmp_path.iterdir()) == []
    if operation != "create":
        assert functions.invoke(name, "abc").payload == 3
    else:
        with pytest.raises(lambdas.exceptions.ResourceNotFoundException):
            lambdas.get_function(FunctionName=name)


def test_a_second_update_waits_for_the_first(functions: Functions) -> None:
    """As on AWS, where code that doesn't wait fails."""
    name, lambdas = functions.create(ECHO), functions.aws.functions
    lambdas.update_function_configuration(FunctionName=name, Timeout=5)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    updates = [
        lambda: lambdas.update_function_configuration(FunctionName=name, Timeout=6),
        lambda: lambdas.update_function_code(FunctionName=name, ZipFile=zipped({"app.py": ECHO})),
    ]
    for update in updates:
        with pytest.raises(ClientError) as caught:
            update()
        assert refused(caught) == (
            "ResourceConflictException",
            409,
            "The operation cannot be performed at this time. An update is in progress for "
            f"resource: {arn}",
        )
    assert functions.await_state(name, "Active")["Timeout"] == 5
    for update in updates:
        update()
        functions.await_state(name, "Active")
    assert lambdas.get_function_configuration(FunctionName=name)["Timeout"] == 6


def test_a_function_that_failed_can_be_put_right(functions: Functions) -> None:
    """By code or by configuration; what it fails with again is told."""
    lambdas = functions.aws.functions
    name = functions.create_from({"other": ""}, wait=False, **NOT_A_BOOTSTRAP)
    functions.await_state(name, "Failed")
    lambdas.update_function_configuration(FunctionName=name, Timeout=7)
    assert "bootstrap does not exist" in functions.await_state(name, "Failed")["StateReason"]
    script = f"#!/bin/sh\ncurl -s http://$AWS_LAMBDA_RUNTIME_API{NEXT}\nexit 3"
    lambdas.update_function_code(FunctionName=name, ZipFile=zipped({"bootstrap": script}, EXECUTE))
    functions.await_state(name, "Active")
    assert functions.invoke(name).payload["errorType"] == "Runtime.ExitError"


NEXT = "/2018-06-01/runtime/invocation/next"
EXECUTE = ("bootstrap",)


def test_provisioned_concurrency_fails_where_init_does(functions: Functions) -> None:
    """With the reason that AWS gives."""
    lambdas = functions.aws.functions
    name = functions.create("raise ValueError('no model')\ndef handler(event, context): pass")
    assert _provisioned(functions, name) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    code = zipped({"app.py": "import os\ndef handler(event, context): return os.getpid()"})
    lambdas.update_function_code(FunctionName=name, ZipFile=code)
    functions.await_state(name, "Active")
    assert _provisioned(functions, name) == ("READY", None)


def _provisioned(functions: Functions, name: str) -> tuple[str, str | None]:
    """What becomes of an environment that is provisioned for a new version."""
    lambdas = functions.aws.functions
    version = lambdas.publish_version(FunctionName=name)["Version"]
    lambdas.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=1
    )

    def probe() -> tuple[str, str | None] | None:
        config = lambdas.get_provisioned_concurrency_config(FunctionName=name, Qualifier=version)
        done = config["Status"] != "IN_PROGRESS"
        return (config["Status"], config.get("StatusReason")) if done else None

    found = wait_for(probe, timeout=30, failure="provisioning goes on and on")
    if found[0] == "READY":
        answer = lambdas.invoke(FunctionName=name, Qualifier=version)
        assert json.loads(answer["Payload"].read()) > 0
    return found
