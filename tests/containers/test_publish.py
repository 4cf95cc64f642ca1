"""`devenv publish` with a real registry: an image is built, pushed, and found there by its digest.

The registry is Debian's docker-registry, asked for the login that ECR's API gives. That API is
moto's (tests/moto_aws.py). On AWS the two are one, so the tests do what joins them: the address in
moto's answers is the registry's, and a manifest that was pushed is put into moto's ECR, too. Not
shown: ECR's own registry, its TLS, and Lambda's pulling from it. The image is of one small layer;
the function's own was pushed by hand (docs/decisions/0011-aws.md).
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest
from moto_aws import moto_aws

from devenv.aws import Aws
from devenv.bootstrap.image import function_image, image_tag
from devenv.errors import DevenvError
from devenv.publish import publish
from devenv.publish.docker_engine import DockerEngine, Login, find_engine
from devenv.settings import Settings, read_settings
from devenv.teardown import find, remove

from .registry import Registry, running_registry

REPOSITORY = "devenv-test-publish"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the image's tag is made from, and a Dockerfile that takes no time."""
    for name in ("lambda_function.py", "Pipfile.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY lambda_function.py /\n")
    return tmp_path


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running_registry(tmp_path_factory.mktemp("registry")) as made:
        yield made


@pytest.fixture(scope="module")
def aws_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with moto_aws(tmp_path_factory.mktemp("moto")) as variables:
        yield variables


@pytest.fixture
def cloud(
    checkout: Path,
    aws_variables: dict[str, str],
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Settings, Aws]:
    """moto, with the registry's address in its ECR's answers."""
    for name, value in aws_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.delenv("FUNCTION_IMAGE_URI", raising=False)
    monkeypatch.setenv("FUNCTION_IMAGE_REPOSITORY", REPOSITORY)
    settings = read_settings(os.environ, checkout)
    aws = Aws(settings)
    assert aws.is_aws

    def at_the_registry(parsed: dict[str, Any], **event: Any) -> None:
        found = parsed.get("repositories", [parsed.get("repository")])
        for repository in filter(None, found):
            repository["repositoryUri"] = f"{registry.address}/{repository['repositoryName']}"

    for operation in ("CreateRepository", "DescribeRepositories"):
        aws.ecr.meta.events.register(f"after-call.ecr.{operation}", at_the_registry)
    return settings, aws


@pytest.fixture(scope="module")
def docker_engine() -> DockerEngine:
    return find_engine()


@pytest.fixture(autouse=True)
def no_image_stays() -> Iterator[None]:
    yield
    client = docker.from_env()
    for image in client.images.list():
        for tag in image.tags:
            if f"/{REPOSITORY}:" in tag:
                client.images.remove(tag)
    client.close()


def docker_configuration() -> bytes | None:
    folder = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))
    file = folder / "config.json"
    return file.read_bytes() if file.is_file() else None


def test_an_image_is_pushed_and_found_by_its_digest(
    cloud: tuple[Settings, Aws], registry: Registry, docker_engine: DockerEngine
) -> None:
    """The digest is the registry's and the manifest's own; what it names is one platform's image,
    and no list; the login stays nowhere; the bootstrap finds it by tag; teardown removes it."""
    settings, aws = cloud
    configuration, said = docker_configuration(), list[str]()
    done = publish(settings, aws, docker_engine, said.append)
    tag = image_tag(settings.root)
    assert said[0] == f"repository {REPOSITORY}: made"
    assert docker_configuration() == configuration
    assert (done.tag, done.platform) == (tag, "linux/amd64")
    assert done.uri == f"{registry.address}/{REPOSITORY}@{done.digest}"

    _, headers = registry.get(f"{REPOSITORY}/manifests/{tag}", "HEAD")
    assert headers["Docker-Content-Digest"] == done.digest
    content, _ = registry.get(f"{REPOSITORY}/manifests/{done.digest}")
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == done.digest
    manifest = json.loads(content)
    assert "manifests" not in manifest
    assert len(manifest["layers"]) == 1
    config = registry.json(f"{REPOSITORY}/blobs/{manifest['config']['digest']}")
    assert (config["os"], config["architecture"]) == ("linux", "amd64")

    aws.ecr.put_image(
        repositoryName=REPOSITORY,
        imageManifest=content.decode(),
        imageTag=tag,
        imageDigest=done.digest,
    )
    assert function_image(settings, aws).uri == done.uri
    assert publish(settings, aws, docker_engine, said.append) == done
    assert f"repository {REPOSITORY}: there" in said
    found = find(settings, aws)
    assert [(r.kind, r.name) for r in found.ours] == [("repository", REPOSITORY)]
    remove(found, said.append)
    assert find(settings, aws).ours == []


def test_a_changed_function_gets_another_tag_and_digest(
    cloud: tuple[Settings, Aws], registry: Registry, docker_engine: DockerEngine
) -> None:
    """Both are in the registry; and another architecture is another image under its tag."""
    settings, aws = cloud
    first = publish(settings, aws, docker_engine, lambda line: None)
    source = settings.root / "lambda_function.py"
    source.write_text(source.read_text() + "# changed\n")
    second = publish(settings, aws, docker_engine, lambda line: None)
    assert first.tag != second.tag
    assert first.digest != second.digest
    tags = registry.json(f"{REPOSITORY}/tags/list")["tags"]
    assert {first.tag, second.tag} <= set(tags)  # type: ignore[call-overload]


def test_a_login_that_is_wrong_is_refused(
    cloud: tuple[Settings, Aws], registry: Registry, docker_engine: DockerEngine
) -> None:
    """So the registry did ask for it."""
    settings, _ = cloud
    repository = f"{registry.address}/{REPOSITORY}"
    docker_engine.build(settings.root, f"{repository}:refused", "linux/amd64")
    with pytest.raises(DevenvError, match=r"Pushing .*:refused failed: .*(unauthorized|no basic)"):
        docker_engine.push(repository, "refused", Login("AWS", "wrong"))


def test_a_dockerfile_that_fails_is_told(
    cloud: tuple[Settings, Aws], docker_engine: DockerEngine
) -> None:
    """With the command; nothing is pushed."""
    settings, aws = cloud
    (settings.root / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    with pytest.raises(DevenvError, match=r"`docker buildx build --platform linux/amd64 .*` ended"):
        publish(settings, aws, docker_engine, lambda line: None)


def test_an_environment_in_containers_takes_it(
    devenv_system: Settings, devenv_aws: Aws, docker_engine: DockerEngine, checkout: Path
) -> None:
    """Its registry is ECR's, at the address that ECR gives."""
    settings = replace(devenv_system, root=checkout, image_repository=REPOSITORY)
    here = {"repositoryName": REPOSITORY}
    try:
        done = publish(settings, devenv_aws, docker_engine, lambda line: None)
        assert done.uri.startswith(f"localhost:{os.environ['DEVENV_REGISTRY_PORT']}/{REPOSITORY}@")
        (image,) = devenv_aws.ecr.describe_images(**here)["imageDetails"]
        assert (image["imageDigest"], image["imageTags"]) == (done.digest, [done.tag])
    finally:
        devenv_aws.ecr.delete_repository(**here, force=True)
