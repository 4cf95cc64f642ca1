"""Publishing where there's no image registry; tests/containers pushes for real."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fake_aws import FakeAws, client_error

from devenv.errors import DevenvError
from devenv.publish import publish
from devenv.settings import read_settings


class NoRegistry:
    """An ECR that can't be pushed to; whatever else it's asked for fails the test."""

    def __init__(self, code: str) -> None:
        self.code = code

    def get_authorization_token(self) -> Any:
        raise client_error(self.code, "GetAuthorizationToken")


def publish_to(ecr: NoRegistry, root: Path, *, is_aws: bool = False) -> None:
    for name in ("Pipfile.lock", "Dockerfile", "lambda_function.py"):
        (root / name).touch()
    aws: Any = FakeAws(ecr=ecr, is_aws=is_aws)
    engine: Any = None
    publish(read_settings({}, root), aws, engine, lambda line: None)


@pytest.mark.parametrize("code", ["InvalidParameterException", "InternalFailure"])
def test_an_emulator_without_a_registry_needs_no_image_there(tmp_path: Path, code: str) -> None:
    """This project's own, embedded, and LocalStack's free edition: nothing is made before."""
    with pytest.raises(DevenvError, match="has no image registry, and needs none"):
        publish_to(NoRegistry(code), tmp_path)


def test_what_aws_refuses_is_told_as_it_is(tmp_path: Path) -> None:
    """It has a registry."""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        publish_to(NoRegistry("InvalidParameterException"), tmp_path, is_aws=True)
