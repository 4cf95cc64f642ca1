"""The role that the function runs with: made, given its policies, and removed."""

import json

from botocore.exceptions import BotoCoreError, ClientError

from devenv.aws import Aws, error_code
from devenv.bootstrap.policies import (
    READ_STREAM,
    TRUST,
    Grant,
    document,
    read_model,
    report_failures,
    write_predictions,
)
from devenv.bootstrap.tags import tag_list
from devenv.settings import Settings

EMULATORS_ACCOUNT = "000000000000"
MODEL_POLICY = "read-model"


def ensure_role(
    settings: Settings, aws: Aws, predictions_arn: str, failure_queue_arn: str | None = None
) -> tuple[str, str]:
    """Make or complete the role; return its ARN and what was found or made."""
    iam, name = aws.iam, settings.role_name
    try:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        found = "there"
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(TRUST),
            Tags=tag_list(settings.function_name),
        )
        arn, found = role["Role"]["Arn"], "made"
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    if READ_STREAM not in {policy.get("PolicyArn") for policy in attached}:
        iam.attach_role_policy(RoleName=name, PolicyArn=READ_STREAM)
    for policy, grants in inline_policies(predictions_arn, failure_queue_arn).items():
        _put(settings, aws, policy, grants)
    return arn, f"role {name}: {found}"


def allow_model(settings: Settings, aws: Aws, artifact_uri: str) -> None:
    """Let the role read the model that is to be deployed, in place of the one before it."""
    _put(settings, aws, MODEL_POLICY, read_model(artifact_uri))


def remove_role(settings: Settings, aws: Aws) -> None:
    """Delete the role and what `ensure_role` gave it; nothing if it isn't there."""
    iam, name = aws.iam, settings.role_name
    try:
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=attached.get("PolicyArn", ""))
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise


def inline_policies(
    predictions_arn: str, failure_queue_arn: str | None = None
) -> dict[str, list[Grant]]:
    """What function and mapping need beyond the managed policy, by policy name. The model's comes
    later (`allow_model`): it isn't known yet."""
    policies = {"write-predictions": write_predictions(predictions_arn)}
    if failure_queue_arn:
        policies["report-failures"] = report_failures(failure_queue_arn)
    return policies


def account_of(settings: Settings, aws: Aws) -> str:
    """The role's account: the emulator's; on AWS a word in capitals as long as it isn't made."""
    if settings.is_local:
        return EMULATORS_ACCOUNT
    try:
        return aws.iam.get_role(RoleName=settings.role_name)["Role"]["Arn"].split(":")[4]
    except (ClientError, BotoCoreError):
        return "ACCOUNT"


def _put(settings: Settings, aws: Aws, policy: str, grants: list[Grant]) -> None:
    aws.iam.put_role_policy(
        RoleName=settings.role_name,
        PolicyName=policy,
        PolicyDocument=json.dumps(document(grants)),
    )
