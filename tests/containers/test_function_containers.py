"""What Docker does to a function's container, and how what it refuses is told."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from botocore.exceptions import ClientError

from devenv.aws import Aws
from devenv.settings import Settings
from devenv.testing import FUNCTION_IMAGE
from devenv.wait import wait_for

ROLE = "arn:aws:iam::000000000000:role/lambda-kinesis-role"
TRIAL = "devenv-test-trial:latest"
SOURCE = b"""
import json, os, time
def handler(event, context):
    if event == "sleep":
        time.sleep(60)
    if event == "kill":
        os.kill(os.getpid(), 9)
    if event == "much":
        return len(b"x" * (400 * 2**20))
    if event == "write":
        open("/tmp/mark", "w").close()
        try:
            open("/var/task/mark", "w").close()
        except OSError as error:
            return [os.getuid(), error.strerror]
    print("event", event)
    return event
"""


@pytest.fixture(scope="module")
def engine_client(devenv_images: None) -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    if client.images.list(TRIAL):
        client.images.remove(TRIAL, force=True)
    client.close()


def build(client: docker.DockerClient, tag: str, dockerfile: str, **options: Any) -> None:
    """An image of `dockerfile` and SOURCE as app.py."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, content in (("Dockerfile", dockerfile.encode()), ("app.py", SOURCE)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    context.seek(0)
    client.images.build(fileobj=context, custom_context=True, tag=tag, rm=True, **options)


@pytest.fixture
def trial(
    devenv_system: Settings, devenv_aws: Aws, engine_client: docker.DockerClient
) -> Iterator[str]:
    """A function of an image made for these tests, of 256 MB and 2 s."""
    build(
        engine_client,
        TRIAL,
        f'FROM {FUNCTION_IMAGE}\nCOPY app.py /var/task/\nCMD ["app.handler"]',
    )
    create(devenv_aws, "trial", TRIAL, Timeout=2, MemorySize=256)
    devenv_aws.functions.get_waiter("function_active_v2").wait(FunctionName="trial")
    yield "trial"
    devenv_aws.functions.delete_function(FunctionName="trial")


def create(aws: Aws, name: str, image: str, **settings: Any) -> None:
    aws.functions.create_function(
        FunctionName=name, PackageType="Image", Code={"ImageUri": image}, Role=ROLE, **settings
    )


def invoke(aws: Aws, name: str, event: object) -> Any:
    answer = aws.functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.load(answer["Payload"])


def containers(client: docker.DockerClient, name: str) -> list[Any]:
    found = client.containers.list(all=True, filters={"label": "devenv.emulator"})
    return [container for container in found if f"-{name}-" in container.name]


def test_a_container_has_lambdas_limits_and_goes_with_its_function(
    trial: str, devenv_aws: Aws, engine_client: docker.DockerClient
) -> None:
    """Memory as configured, a disk that can't be written but for /tmp, an account without rights;
    a handler that takes too long loses its container, and the next call gets another."""
    uid, error = invoke(devenv_aws, trial, "write")
    assert (uid, error) == (993, "Read-only file system")
    (container,) = containers(engine_client, trial)
    assert container.attrs["HostConfig"]["Memory"] == 256 * 2**20
    late = invoke(devenv_aws, trial, "sleep")
    assert late["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert invoke(devenv_aws, trial, "again") == "again"
    (second,) = containers(engine_client, trial)
    assert second.id != container.id


def test_too_much_memory_ends_the_runtime(trial: str, devenv_aws: Aws) -> None:
    """In Lambda's words; the next call works."""
    ended = invoke(devenv_aws, trial, "much")
    assert ended["errorType"] == "Runtime.OutOfMemory"
    assert ended["errorMessage"].endswith("Runtime exited with error: signal: killed")
    killed = invoke(devenv_aws, trial, "kill")
    assert killed["errorType"] == "Runtime.ExitError"
    assert invoke(devenv_aws, trial, "again") == "again"


def test_a_deleted_functions_containers_are_removed(
    devenv_system: Settings, devenv_aws: Aws, engine_client: docker.DockerClient
) -> None:
    build(
        engine_client,
        TRIAL,
        f'FROM {FUNCTION_IMAGE}\nCOPY app.py /var/task/\nCMD ["app.handler"]',
    )
    create(devenv_aws, "short-lived", TRIAL)
    devenv_aws.functions.get_waiter("function_active_v2").wait(FunctionName="short-lived")
    assert invoke(devenv_aws, "short-lived", 1) == 1
    devenv_aws.functions.delete_function(FunctionName="short-lived")
    wait_for(
        lambda: not containers(engine_client, "short-lived"),
        timeout=20,
        failure="its container is still there",
    )


def test_an_image_that_is_not_there_is_refused(devenv_system: Settings, devenv_aws: Aws) -> None:
    """By name; nothing is looked for at Docker Hub under a name without a registry."""
    with pytest.raises(ClientError, match=r"Provide a valid source image.*is not on this Docker"):
        create(devenv_aws, "missing", "devenv-test-nowhere:latest")


def test_an_image_of_another_platform_is_refused(
    devenv_system: Settings, devenv_aws: Aws, engine_client: docker.DockerClient
) -> None:
    """With what it's made for, what runs here and what to do."""
    other = "arm64" if engine_client.version()["Arch"] == "amd64" else "amd64"
    tag = "devenv-test-foreign:latest"
    subprocess.run(
        ("docker", "build", "--quiet", "--platform", f"linux/{other}", "-t", tag, "-"),
        input=b"FROM scratch\nLABEL foreign=1\n",
        env={**os.environ, "DOCKER_BUILDKIT": "1"},
        check=True,
    )
    try:
        with pytest.raises(ClientError, match=f"is made for linux/{other}.*--platform linux/"):
            create(devenv_aws, "foreign", tag)
    finally:
        engine_client.images.remove(tag)


def test_an_image_that_went_away_is_told_to_who_invokes(
    devenv_system: Settings, devenv_aws: Aws, engine_client: docker.DockerClient
) -> None:
    """As a function's error, with the reason; not as a hang."""
    tag = "devenv-test-gone:latest"
    build(engine_client, tag, f'FROM {FUNCTION_IMAGE}\nLABEL gone=1\nCMD ["app.handler"]')
    create(devenv_aws, "gone", tag)
    devenv_aws.functions.get_waiter("function_active_v2").wait(FunctionName="gone")
    engine_client.images.remove(tag)
    refused = invoke(devenv_aws, "gone", 1)
    assert refused["errorType"] == "Sandbox.Failed"
    assert "is not on this Docker engine: build it" in refused["errorMessage"]
    devenv_aws.functions.delete_function(FunctionName="gone")
