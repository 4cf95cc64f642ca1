"""What a request needs: the actions, and the resources by their ARNs, that IAM asks for.

Services that functions of streaming systems use are known one by one. Of any other the action is
the operation's name, and the resource the first ARN of that service among its parameters, or "*".

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.emulator.iam.enforcement import Need
from devenv.emulator.iam.s3_needs import s3_needs

type Parameters = Mapping[str, Any]

PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "elasticfilesystem": "elasticfilesystem"}
"""Services whose actions don't begin with the name that signs their requests."""
ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("sqs", "SendMessageBatch"): "SendMessage",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sns", "PublishBatch"): "Publish",
}


@dataclass(frozen=True)
class Asked:
    """A request as LocalStack has parsed it."""

    service: str
    """The name that signs it."""
    operation: str
    parameters: Parameters
    region: str
    account: str

    def arn(self, resource: str) -> str:
        return f"arn:aws:{self.service}:{self.region}:{self.account}:{resource}"


def needs(asked: Asked) -> list[Need]:
    if asked.service == "s3":
        return s3_needs(asked.operation, asked.parameters)
    prefix = PREFIXES.get(asked.service, asked.service)
    name = ACTIONS.get((asked.service, asked.operation), asked.operation)
    action = f"{prefix}:{name}"
    find = RESOURCES.get(asked.service, _any_arn)
    resource = find(asked)
    found = [Need(action, resource, _shown(asked, resource), named=_named(asked, action))]
    if asked.service == "lambda" and (role := asked.parameters.get("Role")):
        found.append(
            Need("iam:PassRole", role, keys={"iam:PassedToService": "lambda.amazonaws.com"})
        )
    return found


def _named(asked: Asked, action: str) -> str | None:
    """SQS's messages have actions in lower case, SNS's the service in upper case."""
    if asked.service == "sqs":
        return action.lower()
    return action.replace("sns:", "SNS:") if asked.service == "sns" else None


def _shown(asked: Asked, resource: str) -> str | None:
    """IAM's messages have `role NAME`."""
    kind, slash, name = resource.rpartition(":")[2].partition("/")
    return f"{kind} {name}" if asked.service == "iam" and slash and name else None


def _queue(asked: Asked) -> str:
    parameters = asked.parameters
    if arn := parameters.get("SourceArn"):
        return str(arn)
    name = parameters.get("QueueName") or parameters.get("QueueUrl", "").rpartition("/")[2]
    owner = parameters.get("QueueOwnerAWSAccountId") or asked.account
    return f"arn:aws:sqs:{asked.region}:{owner}:{name}"


def _topic(asked: Asked) -> str:
    parameters = asked.parameters
    if name := parameters.get("Name"):
        return asked.arn(name)
    if subscription := parameters.get("SubscriptionArn"):
        return str(subscription).rpartition(":")[0]
    return _any_arn(asked)


def _log(asked: Asked) -> str:
    parameters = asked.parameters
    group = parameters.get("logGroupName") or parameters.get("logGroupIdentifier") or ""
    group = group.partition(":log-group:")[2].removesuffix(":*") or group
    return asked.arn(f"log-group:{group}:log-stream:{parameters.get('logStreamName') or ''}")


def _function(asked: Asked) -> str:
    parameters = asked.parameters
    if mapping := parameters.get("UUID"):
        return asked.arn(f"event-source-mapping:{mapping}")
    name = parameters.get("FunctionName")
    if not name:
        return _any_arn(asked)
    parts = name.partition(":function:")[2] or name
    qualifier = parameters.get("Qualifier")
    return asked.arn(f"function:{parts}{f':{qualifier}' if qualifier else ''}")


IAM_ENTITIES = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
}


def _entity(asked: Asked) -> str:
    for parameter, kind in IAM_ENTITIES.items():
        if name := asked.parameters.get(parameter):
            return f"arn:aws:iam::{asked.account}:{kind}/{name}"
    if arn := asked.parameters.get("PolicyArn"):
        return str(arn)
    if name := asked.parameters.get("PolicyName"):
        return f"arn:aws:iam::{asked.account}:policy/{name}"
    kind = next((k for k in IAM_ENTITIES.values() if asked.operation.endswith(k.title() + "s")), "")
    return f"arn:aws:iam::{asked.account}:{kind}/" if kind else "*"


def _role(asked: Asked) -> str:
    return str(asked.parameters.get("RoleArn") or "*")


def _table(asked: Asked) -> str:
    name = asked.parameters.get("TableName")
    if not name:
        return _any_arn(asked)
    return name if name.startswith("arn:") else asked.arn(f"table/{name}")


def _any_arn(asked: Asked) -> str:
    beginning = f"arn:aws:{asked.service}:"
    values = (v for v in asked.parameters.values() if isinstance(v, str))
    return next((v for v in values if v.startswith(beginning)), "*")


RESOURCES: dict[str, Callable[[Asked], str]] = {
    "sqs": _queue,
    "sns": _topic,
    "logs": _log,
    "lambda": _function,
    "iam": _entity,
    "sts": _role,
    "dynamodb": _table,
}
