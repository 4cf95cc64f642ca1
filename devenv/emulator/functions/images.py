"""The images that functions are created with, where there is no Docker: the project's own one.

An image stands for a folder with `lambda_function.py` and `serving/`, as the Dockerfile copies
them, on top of an interpreter made from `Pipfile.lock`. As in a registry, a tag is resolved to a
digest when the function's code is set, and what lies behind a digest never changes: later edits of
the source, and of the packages, need `devenv bootstrap` (AWS: build, push, update-function-code).
"""

import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.invocation.lambda_models import ImageCode

from devenv.emulator.ecr.names import has_repository
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
    packages: Path
    """The folder of links to packages, each called by the SHA-256 of its Pipfile.lock."""

    @staticmethod
    def from_environment() -> "ImageFolder":
        return ImageFolder(
            repository=installed("DEVENV_IMAGE_REPOSITORY"),
            root=Path(installed("DEVENV_IMAGE_ROOT")),
            packages=Path(installed("DEVENV_IMAGE_PACKAGES")),
        )

    @property
    def lock(self) -> Path:
        return self.root / "Pipfile.lock"

    def installed_packages(self) -> Path | None:
        """The folder of what the current Pipfile.lock says; None if that isn't installed yet."""
        link = self.packages / hashlib.sha256(self.lock.read_bytes()).hexdigest()
        return link.resolve() if link.is_dir() else None


def resolve_image(image_uri: str) -> ImageCode:
    """Take a snapshot of the image's content and return it with its digest.

    Stands in for LocalStack's function of the same purpose, which asks Docker.
    Raises Lambda's own error where the image isn't known.
    """
    try:
        image = ImageFolder.from_environment()
    except DevenvError as error:
        raise InvalidParameterValueException(str(error), Type="User") from error
    name = repository_name(image_uri)
    if name != image.repository and not has_repository(name, account(image_uri)):
        raise InvalidParameterValueException(
            f"Source image {image_uri} does not exist. Provide a valid source image. (Without "
            f"Docker only {image.repository} is known, and each repository of the account's ECR "
            f"(create-repository): they stand for {image.root}.)",
            Type="User",
        )
    missing = [p for p in (*SOURCES, image.lock.name) if not any(image.root.glob(p))]
    if missing:
        raise InvalidParameterValueException(
            f"Source image {image_uri} can't be made: {image.root / missing[0]} is missing.",
            Type="User",
        )
    packages = image.installed_packages()
    if packages is None:
        raise InvalidParameterValueException(
            f"Source image {image_uri} can't be made: what {image.lock} says isn't installed. "
            "`devenv bootstrap` installs it, and updates the function.",
            Type="User",
        )
    digest = content_digest(image.root)
    _remember(digest, packages)
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


def account(image_uri: str) -> str | None:
    """The account whose ECR a URI names; None for a name alone, or another registry's."""
    found = re.match(r"(\d{12})\.dkr\.ecr\.", image_uri)
    return found[1] if found else None


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


def python_of(digest: str) -> Path:
    """The interpreter with the packages that belong to a digest. Raises `DevenvError` if the image
    isn't known."""
    link = packages_link(digest)
    if not link.is_symlink():
        raise DevenvError(f"Image sha256:{digest} isn't known here: update the function's code.")
    return link.readlink() / "image" / "bin" / "python"


def packages_link(digest: str) -> Path:
    return Path(tempfile.gettempdir()) / "lambda" / "packages" / digest


def _remember(digest: str, packages: Path) -> None:
    link = packages_link(digest)
    if link.is_symlink() and link.readlink() == packages:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=link.parent))
    (partial / digest).symlink_to(packages)
    (partial / digest).replace(link)
    partial.rmdir()


def snapshot_folder(digest: str) -> Path:
    return Path(tempfile.gettempdir()) / "lambda" / "images" / digest
