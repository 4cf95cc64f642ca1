"""What a request needs: the actions, and the resources by their ARNs, that IAM asks for.

Services that functions use are known one by one: here those of streaming systems, the others in
`service_resources`. Of a service that isn't known the action is the operation's name, and the
resource the first ARN of that service among its parameters; without one it is unknown.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable
from dataclasses import replace

from devenv.emulator.iam.asked import Asked as Asked
from devenv.emulator.iam.enforcement import Need
from devenv.emulator.iam.s3_needs import s3_needs
from devenv.emulator.iam.service_resources import (
    PASSING,
    first_arn,
    given_arn,
    passed_roles,
    tables,
)
from devenv.emulator.iam.service_resources import RESOURCES as OF_OTHERS

PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "s3control": "s3"}
"""Services whose actions don't begin with the name that signs their requests."""
ACTIONS = {
    ("s3control", "GetPublicAccessBlock"): "GetAccountPublicAccessBlock",
    ("s3control", "PutPublicAccessBlock"): "PutAccountPublicAccessBlock",
    ("s3control", "DeletePublicAccessBlock"): "PutAccountPublicAccessBlock",
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("sqs", "SendMessageBatch"): "SendMessage",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sns", "PublishBatch"): "Publish",
}


ON_ITEMS = {
    "TransactWriteItems": {
        "ConditionCheck": "ConditionCheckItem",
        "Delete": "DeleteItem",
        "Put": "PutItem",
        "Update": "UpdateItem",
    },
    "TransactGetItems": {"Get": "GetItem"},
}
"""What DynamoDB's transactions need: the action of each of their items."""


def needs(asked: Asked) -> list[Need]:
    if asked.service == "s3":
        return s3_needs(asked.operation, asked.parameters)
    if asked.operation in ON_ITEMS:
        return _item_needs(asked)
    action = _action(asked)
    own = RESOURCES.get(asked.service)
    resources = [own(asked)] if own else OF_OTHERS.get(asked.service, first_arn)(asked)
    found = [
        Need(action, resource, _shown(asked, resource), named=_named(asked, action))
        for resource in resources
    ]
    if asked.operation == "BatchGetSecretValue":
        found.append(Need("secretsmanager:GetSecretValue", found[0].resource))
    for role in passed_roles(asked):
        found.append(
            Need("iam:PassRole", role, keys={"iam:PassedToService": PASSING[asked.service]})
        )
    return found


def _action(asked: Asked) -> str:
    if asked.service == "apigateway":
        return f"apigateway:{asked.method}"
    prefix = PREFIXES.get(asked.service, asked.service)
    name = ACTIONS.get((asked.service, asked.operation), asked.operation)
    return f"{prefix}:{name}"


def _item_needs(asked: Asked) -> list[Need]:
    actions, found = ON_ITEMS[asked.operation], []
    for item in asked.parameters.get("TransactItems", []):
        for kind, about in item.items():
            (table,) = tables(replace(asked, parameters={"TableName": about["TableName"]}))
            found.append(Need(f"dynamodb:{actions[kind]}", table))
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
    return given_arn(asked, *asked.parameters) or "*"


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
    if layer := parameters.get("LayerName"):
        version = parameters.get("VersionNumber")
        return asked.named("layer:", layer) + (f":{version}" if version else "")
    if not name:
        return given_arn(asked, *asked.parameters) or "*"
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


RESOURCES: dict[str, Callable[[Asked], str]] = {
    "sqs": _queue,
    "sns": _topic,
    "logs": _log,
    "lambda": _function,
    "iam": _entity,
    "sts": _role,
}
