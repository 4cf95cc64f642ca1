"""What a function in containers can't reach: the machine, the developer's rights, other functions.

Each probe runs inside a function and returns what it was answered.
"""

import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from integration.zip_functions import ROLE, zipped

from devenv.aws import Aws
from devenv.settings import Settings

IMAGE = "devenv-test-probe:latest"
PROBE = """
import json, os, pathlib, socket, urllib.error, urllib.request
import boto3
from botocore import UNSIGNED
from botocore.config import Config

NEW = dict(FunctionName="made-by-a-function", Role="ROLE", Runtime="python3.13",
           Handler="a.a", Code={"ZipFile": b"PK" + bytes([5, 6]) + bytes(18)})

def create(**keys):
    lambdas = boto3.client("lambda", **keys)
    try:
        lambdas.create_function(**NEW)
    except Exception as error:
        return str(error)
    return "made"

def page(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return type(error).__name__

def attempt(function, *arguments):
    try:
        return str(function(*arguments))
    except Exception as error:
        return type(error).__name__

def scan():
    # Runtime APIs of other functions, by the ports that the system gives out.
    own = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")[2]
    host = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")[0]
    found = {}
    for port in range(32768, 61000):
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if str(port) != own and probe.connect_ex((host, port)) == 0:
                found[port] = page(f"http://{host}:{port}/2018-06-01/runtime/invocation/next")
    return found

def handler(event, context):
    emulator = os.environ["AWS_ENDPOINT_URL"]
    return {
        "uid": os.getuid(),
        "unsigned": create(config=Config(signature_version=UNSIGNED)),
        "as the developer": create(aws_access_key_id="test", aws_secret_access_key="test"),
        "as a session": create(aws_access_key_id="ASIAAAAAAAAAAAAAAAAA",
                               aws_secret_access_key="x", aws_session_token="x"),
        "as its role": create(),
        "who it is": boto3.client("sts").get_caller_identity()["Arn"],
        "permissions": page(emulator + "/_devenv/permissions"),
        "plugins": page(emulator + "/_devenv/plugins"),
        "health": page(emulator + "/_localstack/health"),
        "mlflow": page("http://mlflow:5000/health"),
        "socket": attempt(lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")),
        "state": attempt(os.listdir, event["home"]),
        "emulator's environment": attempt(pathlib.Path("/proc/1/environ").read_text),
        "runtime APIs": scan() if event.get("scan") else {},
    }
""".replace("ROLE", ROLE)


@pytest.fixture(scope="module")
def image(devenv_images: None) -> Iterator[str]:
    client = docker.from_env()
    dockerfile = (
        "FROM public.ecr.aws/lambda/python:3.13\nCOPY app.py ${LAMBDA_TASK_ROOT}\n"
        'CMD ["app.handler"]\n'
    )
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, content in (("Dockerfile", dockerfile), ("app.py", PROBE)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content.encode()), 0o644
            archive.addfile(entry, io.BytesIO(content.encode()))
    context.seek(0)
    client.images.build(fileobj=context, custom_context=True, tag=IMAGE, rm=True)
    yield IMAGE
    client.images.remove(IMAGE, force=True)
    client.close()


@pytest.fixture(params=["image", "zip"])
def answers(
    request: pytest.FixtureRequest, devenv_system: Settings, devenv_aws: Aws
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind of function, and what its probe was answered."""
    kind, functions = request.param, devenv_aws.functions
    name = f"probe-{kind}-{uuid.uuid4().hex[:6]}"
    what: dict[str, Any] = (
        {"PackageType": "Image", "Code": {"ImageUri": request.getfixturevalue("image")}}
        if kind == "image"
        else {
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Code": {"ZipFile": zipped({"app.py": PROBE})},
        }
    )
    functions.create_function(FunctionName=name, Role=ROLE, Timeout=120, MemorySize=512, **what)
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    try:
        event = {"home": str(devenv_system.home), "scan": kind == "image"}
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        yield kind, payload
    finally:
        functions.delete_function(FunctionName=name)


def test_a_function_reaches_nothing_that_it_would_not_on_aws(
    answers: tuple[str, dict[str, Any]], devenv_aws: Aws
) -> None:
    kind, seen = answers
    assert seen["uid"] == 993 if kind == "image" else seen["uid"] >= 20_000
    assert "MissingAuthenticationToken" in seen["unsigned"] or "invalid" in seen["unsigned"]
    for who in ("as the developer", "as a session"):
        assert "security token included in the request is invalid" in seen[who], (who, seen[who])
    assert "AccessDeniedException" in seen["as its role"]
    assert ":assumed-role/lambda-kinesis-role/" in seen["who it is"]
    assert (seen["permissions"], seen["plugins"]) == (403, 403)
    assert seen["socket"] in ("FileNotFoundError", "PermissionError")
    assert seen["state"] in ("FileNotFoundError", "PermissionError")
    if kind == "zip":
        assert seen["emulator's environment"] == "PermissionError"
    else:
        assert seen["mlflow"] in ("URLError", "gaierror")
        assert set(seen["runtime APIs"].values()) <= {403}
    names = [f["FunctionName"] for f in devenv_aws.functions.list_functions()["Functions"]]
    assert "made-by-a-function" not in names
