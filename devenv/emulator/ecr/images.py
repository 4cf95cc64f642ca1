"""moto's ECR told of the images that the registry holds, and of those that it no longer holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from localstack.constants import DEFAULT_AWS_ACCOUNT_ID
from moto.ecr import models

from devenv.emulator.ecr.contents import RegistryContents

MOTO: Any = models


def restore_repositories(contents: RegistryContents, region: str = "us-east-1") -> None:
    """Make the repositories of an earlier run that hold images; others are made anew, as roles
    and functions are."""
    backend = MOTO.ecr_backends[DEFAULT_AWS_ACCOUNT_ID][region]
    for name in contents.repositories():
        if name not in backend.repositories:
            backend.create_repository(name, None, None, None, None, None, None)


def tell(contents: RegistryContents, account: str, region: str, name: str) -> None:
    """Have the repository's images in moto be those of the registry."""
    repository = MOTO.ecr_backends[account][region].repositories.get(name)
    if repository is None:
        return  # moto says so.
    known = {image.get_image_digest(): image for image in repository.images}
    there = contents.manifests(name)
    repository.images = []
    for manifest in there:
        image = known.get(manifest.digest) or MOTO.Image(
            account, None, manifest.text, name, manifest.media_type, manifest.digest
        )
        image.image_tags = list(manifest.tags)
        image.image_tag = manifest.tags[-1] if manifest.tags else None
        repository.images.append(image)


def put_sizes_right(
    contents: RegistryContents, name: str, details: Sequence[dict[str, Any]]
) -> None:
    """moto gives the size of the image's configuration."""
    sizes = {manifest.digest: manifest.size for manifest in contents.manifests(name)}
    for each in details:
        if (size := sizes.get(str(each.get("imageDigest")))) is not None:
            each["imageSizeInBytes"] = size


def forget(
    contents: RegistryContents,
    name: str,
    deleted: Mapping[str, str],
    asked: Sequence[Mapping[str, str]],
) -> None:
    """Delete an image that moto says is deleted: by its tag it loses that tag, and goes with the
    last one; by its digest it goes at once."""
    digest, tag = deleted.get("imageDigest"), deleted.get("imageTag")
    by_digest = any(each.get("imageDigest") == digest and digest for each in asked)
    if tag and not by_digest:
        digest = digest or contents.tags(name).get(tag)
        contents.untag(name, tag)
        if digest in contents.tags(name).values():
            return
    if digest:
        contents.delete(name, digest)
