"""The function's image in ECR, where Lambda takes it from: `devenv publish`.

The tag is the one that the bootstrap looks for. An image that is pushed again under it takes it
over; ones that lost their tag stay stored until the repository goes.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from devenv.aws import NO_SUCH_API, NOT_FOUND, Aws, error_code
from devenv.bootstrap.image import image_tag
from devenv.bootstrap.tags import tag_list
from devenv.errors import DevenvError
from devenv.publish.docker_engine import DockerEngine, Login
from devenv.settings import Settings

Say = Callable[[str], None]

PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
"""Lambda's architectures, as Docker calls them."""


NO_REGISTRY = {*NO_SUCH_API, "InvalidParameterException"}
"""What emulators answer that have none: this project's own, embedded, the last one."""


@dataclass(frozen=True)
class Published:
    """An image in the registry."""

    uri: str
    """By digest: what FUNCTION_IMAGE_URI may be set to."""
    digest: str
    tag: str
    platform: str


def publish(settings: Settings, aws: Aws, engine: DockerEngine, say: Say) -> Published:
    """Make the repository if it's missing, build the image, push it, and return its address.

    Raises `DevenvError` where the endpoint has no registry, and for what Docker doesn't do.
    """
    tag, platform = image_tag(settings.root), PLATFORMS[settings.architecture]
    login = _login(aws)  # First: where it's refused, nothing is made.
    repository, line = _ensure_repository(settings, aws)
    say(line)
    say(f"Building {repository}:{tag} for {platform} …")
    engine.build(settings.root, f"{repository}:{tag}", platform)
    say(f"Pushing {repository}:{tag} …")
    digest = engine.push(repository, tag, login)
    return Published(f"{repository}@{digest}", digest, tag, platform)


def _ensure_repository(settings: Settings, aws: Aws) -> tuple[str, str]:
    """The repository's URI, and what was found or made."""
    name = settings.image_repository
    try:
        found = aws.ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
        return found["repositoryUri"], f"repository {name}: there"
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
    made = aws.ecr.create_repository(repositoryName=name, tags=tag_list(settings.function_name))[
        "repository"
    ]
    return made["repositoryUri"], f"repository {name}: made"


def _login(aws: Aws) -> Login:
    """For 12 hours; Docker's own configuration never sees it."""
    try:
        data = aws.ecr.get_authorization_token()["authorizationData"][0]
    except ClientError as error:
        if aws.is_aws or error_code(error) not in NO_REGISTRY:
            raise
        raise DevenvError(
            f"{aws.endpoint} has no image registry, and needs none: it takes the function from "
            "this checkout, or from Docker. To publish to AWS: AWS_ENDPOINT_URL= devenv publish "
            "(docs/aws.md)."
        ) from error
    name, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return Login(name, password)
