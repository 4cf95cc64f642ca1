"""The images that functions are created with, where there is no Docker: the project's own one.

An image stands for a folder with `lambda_function.py` and `serving/`, as the Dockerfile copies
them, on top of an interpreter made from `Pipfile.lock`. As in a registry, a tag is resolved to a
digest when the function's code is set, and what lies behind a digest never changes: later edits of
the source need `devenv bootstrap` (AWS: build, push, update-function-code).
"""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.invocation.lambda_models import ImageCode

from devenv.emulator.functions.installed import installed
from devenv.errors import DevenvError

HANDLER = "lambda_function.lambda_handler"
"""The Dockerfile's CMD."""

SOURCES = ("lambda_function.py", "serving/*.py")
"""What the Dockerfile copies; anything else that the function needs is missing here as there."""


@dataclass(frozen=True)
class ImageFolder:
    """The one image known here; from the variables that `devenv up` starts the emulator with."""

    repository: str
    root: Path
    python: Path
    """The interpreter with the packages of Pipfile.lock."""

    @staticmethod
    def from_environment() -> "ImageFolder":
        return ImageFolder(
            repository=installed("DEVENV_IMAGE_REPOSITORY"),
            root=Path(installed("DEVENV_IMAGE_ROOT")),
            python=Path(installed("DEVENV_IMAGE_PYTHON")),
        )


def resolve_image(image_uri: str) -> ImageCode:
    """Take a snapshot of the image's content and return it with its digest.

    Stands in for LocalStack's function of the same purpose, which asks Docker.
    Raises Lambda's own error where the image isn't known.
    """
    try:
        image = ImageFolder.from_environment()
    except DevenvError as error:
        raise InvalidParameterValueException(str(error), Type="User") from error
    if repository_name(image_uri) != image.repository:
        raise InvalidParameterValueException(
            f"Source image {image_uri} does not exist. Provide a valid source image. (Without "
            f"Docker only {image.repository} is known, made from {image.root}.)",
            Type="User",
        )
    missing = [pattern for pattern in SOURCES if not any(image.root.glob(pattern))]
    if missing:
        raise InvalidParameterValueException(
            f"Source image {image_uri} can't be made: {image.root / missing[0]} is missing.",
            Type="User",
        )
    digest = content_digest(image.root)
    target = snapshot_folder(digest)
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=target.parent))
        for name in source_files(image.root):
            (partial / name).parent.mkdir(exist_ok=True)
            shutil.copy2(image.root / name, partial / name)
        partial.rename(target)
    return ImageCode(image_uri=image_uri, code_sha256=digest, repository_type="ECR")


def repository_name(image_uri: str) -> str:
    """The repository without registry, tag and digest: "1.dkr.ecr.x/a/b:v1" gives "a/b"."""
    name = unquote(image_uri).partition("@")[0]
    registry, slash, rest = name.partition("/")
    if slash and ("." in registry or ":" in registry or registry == "localhost"):
        name = rest
    return name.rpartition(":")[0] or name


def source_files(root: Path) -> list[str]:
    """What SOURCES stands for, as paths below `root`, in order."""
    found = (path for pattern in SOURCES for path in root.glob(pattern))
    return sorted(path.relative_to(root).as_posix() for path in found)


def content_digest(root: Path) -> str:
    """SHA-256 of what the image is made from."""
    digest = hashlib.sha256()
    for name in (*source_files(root), "Pipfile.lock"):
        content = (root / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def snapshot_folder(digest: str) -> Path:
    return Path(tempfile.gettempdir()) / "lambda" / "images" / digest
