"""Which image the function is made from: one that was named, or the one of this checkout.

The checkout's has a tag that changes with what it is made from. On AWS it must have been pushed by
`devenv publish`, and is taken by digest; an emulator resolves the tag itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.errors import NotFound
from devenv.settings import Settings


@dataclass(frozen=True)
class FunctionImage:
    """An image as Lambda is told of it."""

    uri: str
    may_move: bool = False
    """Whether the URI's tag may have been given to another image since the last bootstrap."""


def function_image(settings: Settings, aws: Aws) -> FunctionImage:
    """The image to deploy. Raises `NotFound` if on AWS it hasn't been published."""
    if given := settings.image_uri:
        return FunctionImage(given, may_move="@sha256:" not in given)
    tag = image_tag(settings.root)
    if aws.is_aws:
        return FunctionImage(_published(settings.image_repository, tag, aws))
    return FunctionImage(f"{settings.image_repository}:{tag}")


def image_tag(root: Path) -> str:
    """A tag that changes with what the image is made from, so that a change is seen."""
    digest = hashlib.sha256()
    for content in image_content(root).values():
        digest.update(content)
    return digest.hexdigest()[:12]


def image_content(root: Path) -> dict[str, bytes]:
    """The files that the Dockerfile copies, by their names in the image, and the lock of its
    packages last. Raises `NotFound` outside a checkout."""
    paths = (root / "lambda_function.py", *function_modules(root), root / "Pipfile.lock")
    try:
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    except FileNotFoundError as error:
        raise NotFound(
            f"{error.filename} is missing: run devenv in a checkout of the project, or name a "
            "built image in FUNCTION_IMAGE_URI."
        ) from error


def content_digest(files: Mapping[str, bytes]) -> str:
    """What an embedded emulator calls an image of these files by."""
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def function_modules(root: Path) -> list[Path]:
    """What the Dockerfile copies beside `lambda_function.py`."""
    return sorted((root / "serving").glob("*.py"))


def _published(repository: str, tag: str, aws: Aws) -> str:
    """The image in ECR with this tag, by digest."""
    ecr = aws.ecr
    try:
        found = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
        images = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
        raise NotFound(
            f"ECR in {ecr.meta.region_name} has no image {repository}:{tag} of this checkout. Push "
            "it with `devenv publish`, or name another in FUNCTION_IMAGE_URI."
        ) from error
    return f"{found['repositoryUri']}@{images['imageDetails'][0]['imageDigest']}"
