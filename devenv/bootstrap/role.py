"""The role that the function runs with: what it may do, and nothing else."""

import json
from typing import Any

from botocore.exceptions import ClientError

from devenv.aws import Aws, error_code
from devenv.settings import Settings

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}

READ_STREAM = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
"""AWS's own policy for a mapping: read any stream, write logs. It does not cover PutRecord."""


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
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        arn, found = role["Role"]["Arn"], "made"
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    if READ_STREAM not in {policy.get("PolicyArn") for policy in attached}:
        iam.attach_role_policy(RoleName=name, PolicyArn=READ_STREAM)
    policies = inline_policies(settings, predictions_arn, failure_queue_arn)
    for policy, document in policies.items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    return arn, f"role {name}: {found}"


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
    settings: Settings, predictions_arn: str, failure_queue_arn: str | None = None
) -> dict[str, dict[str, Any]]:
    """What the function needs beyond the managed policy, by policy name; and the mapping, which
    tells the queue of what it gives up in the function's name."""
    bucket = f"arn:aws:s3:::{settings.model_bucket}"
    policies = {
        "write-predictions": _allow((["kinesis:PutRecord", "kinesis:PutRecords"], predictions_arn)),
        "read-model": _allow((["s3:GetObject"], f"{bucket}/*"), (["s3:ListBucket"], bucket)),
    }
    if failure_queue_arn:
        policies["report-failures"] = _allow((["sqs:SendMessage"], failure_queue_arn))
    return policies


def _allow(*grants: tuple[list[str], str]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": resource}
            for actions, resource in grants
        ],
    }
