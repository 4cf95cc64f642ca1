"""ECR in an embedded environment: repositories and their policies; an image means this checkout."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..s3.emulator import Emulator
from ..zip_functions import make_role
from .test_named_resources import Role, denied, role

__all__ = ["role"]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "LambdaECRImageRetrievalPolicy",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}


@pytest.fixture
def ecr(running: Emulator) -> Any:
    return running.client("ecr")


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_repositorys_life(ecr: Any, name: str) -> None:
    """Made, described, tagged, given policies, deleted: the tutorials' and Terraform's calls."""
    name = name.lower()
    made = ecr.create_repository(
        repositoryName=name,
        imageScanningConfiguration={"scanOnPush": False},
        tags=[{"Key": "team", "Value": "rides"}],
    )["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"
    assert made["repositoryUri"] == f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{name}"
    with pytest.raises(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=name)
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert found["repositoryUri"] == made["repositoryUri"]
    tags = ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]
    assert tags == [{"Key": "team", "Value": "rides"}]
    assert ecr.describe_images(repositoryName=name)["imageDetails"] == []
    assert ecr.list_images(repositoryName=name)["imageIds"] == []

    with pytest.raises(ecr.exceptions.RepositoryPolicyNotFoundException):
        ecr.get_repository_policy(repositoryName=name)
    ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(POLICY))
    assert json.loads(ecr.get_repository_policy(repositoryName=name)["policyText"]) == POLICY
    ecr.delete_repository_policy(repositoryName=name)
    ecr.delete_repository(repositoryName=name, force=True)
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.describe_images(repositoryName=name)


@pytest.mark.parametrize(
    ("operation", "parameters", "words"),
    [
        ("get_authorization_token", {}, "`docker compose up` starts an environment with one"),
        ("put_image", {"imageManifest": "{}"}, "no image registry here"),
        ("initiate_layer_upload", {}, "by `docker push`"),
        ("start_image_scan", {"imageId": {"imageTag": "v1"}}, "not scanned here"),
    ],
)
def test_what_is_not_here_is_refused(
    ecr: Any, name: str, operation: str, parameters: dict[str, Any], words: str
) -> None:
    """A login would be for AWS's own registry, and layers would be nowhere."""
    if operation != "get_authorization_token":
        parameters = {"repositoryName": name.lower(), **parameters}
        ecr.create_repository(repositoryName=name.lower())
    with pytest.raises(ClientError, match=words) as error:
        getattr(ecr, operation)(**parameters)
    assert code(error) == "InvalidParameterException"


def test_a_function_of_a_repositorys_image_is_this_checkouts(
    running: Emulator, ecr: Any, name: str
) -> None:
    """An unknown repository is refused, with what there is."""
    name = name.lower()
    functions = running.client("lambda")
    uri = f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{name}:v1"
    given = {
        "FunctionName": name,
        "PackageType": "Image",
        "Code": {"ImageUri": uri},
        "Role": make_role(running.client("iam"), f"{name}-role"),
    }
    with pytest.raises(ClientError, match="each repository of the account's ECR"):
        functions.create_function(**given)
    ecr.create_repository(repositoryName=name)
    functions.create_function(**given)
    try:
        functions.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1}
        )
        assert functions.get_function(FunctionName=name)["Code"]["ImageUri"] == uri
    finally:
        functions.delete_function(FunctionName=name)


def test_a_role_needs_ecrs_actions(running: Emulator, ecr: Any, name: str, role: Role) -> None:
    """On its repository; a token on any."""
    name = name.lower()
    for each in (name, f"{name}-other"):
        ecr.create_repository(repositoryName=each)
    arn = f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"
    mine = role(("ecr:DescribeImages", arn))("ecr")
    assert mine.describe_images(repositoryName=name)["imageDetails"] == []
    denied(mine.describe_images, repositoryName=f"{name}-other")
    denied(mine.delete_repository, repositoryName=name)
    denied(mine.create_repository, repositoryName=f"{name}-third")
    words = denied(mine.get_authorization_token)
    assert "ecr:GetAuthorizationToken" in words
