"""Which resources a request is about, for services that functions and their deployment use.

Each function gives the ARNs of one service's request; "*" for an operation that is about none in
particular, UNKNOWN where the emulator can't tell.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable, Iterable
from typing import Any

from devenv.emulator.iam import identifiers
from devenv.emulator.iam.asked import Asked
from devenv.emulator.iam.policies import UNKNOWN

NONE = ["*"]


def parameters_of_ssm(asked: Asked) -> list[str]:
    given = asked.parameters
    if asked.operation == "DescribeParameters":
        return [asked.arn("*")]
    if asked.operation.endswith("TagsToResource") or asked.operation.endswith("TagsFromResource"):
        names = [given["ResourceId"]] if given.get("ResourceType") == "Parameter" else []
    else:
        names = given.get("Names") or _present(given.get("Name"), given.get("Path"))
    if "Parameter" not in asked.operation and not asked.operation.endswith("Resource"):
        names = []  # Documents, associations and others have names, too.
    return [_parameter(asked, name) for name in names] or [UNKNOWN]


def _parameter(asked: Asked, name: str) -> str:
    """`/a/b:3` is version 3 of `parameter/a/b`."""
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    return asked.arn(f"parameter/{name.partition(':')[0].removeprefix('/')}")


def secrets(asked: Asked) -> list[str]:
    given = asked.parameters
    if asked.operation == "CreateSecret":
        return [asked.arn(f"secret:{given['Name']}-??????")]  # AWS adds six characters.
    ids = given.get("SecretIdList") or _present(given.get("SecretId"))
    found = [identifiers.secret_arn(asked.account, asked.region, each) for each in ids]
    named = [arn or asked.named("secret:", each) for arn, each in zip(found, ids, strict=True)]
    return named or NONE


def keys(asked: Asked) -> list[str]:
    given = asked.parameters
    ids = _present(given.get("KeyId"), given.get("TargetKeyId"))
    found = [identifiers.key_arn(asked.account, asked.region, each) for each in ids]
    aliases = [asked.arn(name) for name in _present(given.get("AliasName"))]
    if found or aliases:
        return [*aliases, *(each or UNKNOWN for each in found)]
    # A ciphertext names its key inside; what is left is about no key.
    return [UNKNOWN] if asked.operation in ("Decrypt", "ReEncrypt", "RetireGrant") else NONE


def buses_and_rules(asked: Asked) -> list[str]:
    given = asked.parameters
    if asked.operation == "PutEvents":
        buses = [entry.get("EventBusName") or "default" for entry in given.get("Entries", [])]
        return list(dict.fromkeys(asked.named("event-bus/", bus) for bus in buses)) or NONE
    if arn := given_arn(asked, "ResourceARN"):
        return [arn]
    kind = next((k for k in EVENTS if k in asked.operation), None)
    name = given.get("Name") or given.get("Rule") or given.get(f"{kind}Name")
    if kind is None or name is None:
        return NONE if asked.operation.startswith("List") else [UNKNOWN]
    if kind == "Rule":
        bus = str(given.get("EventBusName") or "default").rpartition("/")[2]
        return [asked.arn(f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")]
    return [asked.named(EVENTS[kind], name)]


EVENTS = {
    "Rule": "rule/",
    "Target": "rule/",
    "EventBus": "event-bus/",
    "Archive": "archive/",
    "Replay": "replay/",
    "Connection": "connection/",
    "ApiDestination": "api-destination/",
}
"""EventBridge's resources, by a part of their operations' names."""


def delivery_streams(asked: Asked) -> list[str]:
    given = asked.parameters
    name = given.get("DeliveryStreamName") or given.get("DeliveryStreamARN")
    if name:
        return [asked.named("deliverystream/", name)]
    arn = given_arn(asked, *given)
    return [arn] if arn else NONE


def state_machines(asked: Asked) -> list[str]:
    given = asked.parameters
    if asked.operation in ("CreateStateMachine", "CreateActivity"):
        kind = asked.operation.removeprefix("Create")
        return [asked.arn(f"{kind[0].lower()}{kind[1:]}:{given['name']}")]
    if arn := given_arn(asked, *given):
        return [arn]
    # A task's token names its execution inside.
    return [UNKNOWN] if asked.operation.startswith("SendTask") else NONE


def stacks(asked: Asked) -> list[str]:
    given = asked.parameters
    name = given.get("StackName")
    if not name:
        about_none = asked.operation.startswith(("List", "Validate", "Estimate", "GetTemplateSum"))
        return NONE if about_none else [UNKNOWN]
    return [identifiers.stack_arn(asked.account, asked.region, name) or _stack(asked, name)]


def _stack(asked: Asked, name: str) -> str:
    """A stack that isn't there has no id yet."""
    return name if name.startswith("arn:") else asked.arn(f"stack/{name}/*")


def repositories(asked: Asked) -> list[str]:
    given = asked.parameters
    if arn := given.get("resourceArn"):
        return [str(arn)]
    names = given.get("repositoryNames") or _present(given.get("repositoryName"))
    if not names:
        return [asked.arn("repository/*")] if asked.operation == "DescribeRepositories" else NONE
    owner = given.get("registryId") or asked.account
    return [f"arn:aws:ecr:{asked.region}:{owner}:repository/{name}" for name in names]


def apis(asked: Asked) -> list[str]:
    return [f"arn:aws:apigateway:{asked.region}::{asked.path}"]


def alarms_and_dashboards(asked: Asked) -> list[str]:
    given = asked.parameters
    if arn := given.get("ResourceARN"):
        return [str(arn)]
    base = f"arn:aws:cloudwatch:{asked.region}:{asked.account}"
    boards = given.get("DashboardNames") or _present(given.get("DashboardName"))
    if boards:
        return [f"arn:aws:cloudwatch::{asked.account}:dashboard/{name}" for name in boards]
    alarms = given.get("AlarmNames") or _present(given.get("AlarmName"))
    if not alarms and asked.operation == "DescribeAlarms":
        alarms = ["*"]
    return [f"{base}:alarm:{name}" for name in alarms] or NONE


def access_points(asked: Asked) -> list[str]:
    """S3 Control's; what is said of a whole account is about no resource."""
    given = asked.parameters
    if arn := given.get("ResourceArn"):
        return [str(arn)]
    if name := given.get("Name"):
        where = f"arn:aws:s3:{asked.region}:{asked.account}"
        return [name if name.startswith("arn:") else f"{where}:accesspoint/{name}"]
    return NONE


def tables(asked: Asked) -> list[str]:
    """DynamoDB's; a query of an index is about the index."""
    given = asked.parameters
    if name := given.get("TableName"):
        table = asked.named("table/", name)
        index = given.get("IndexName")
        return [f"{table}/index/{index}" if index else table]
    if batch := given.get("RequestItems"):
        return [asked.named("table/", name) for name in batch]
    if arn := given_arn(asked, *given):
        return [arn]
    about_none = asked.operation.startswith(("List", "Describe"))
    return NONE if about_none else [UNKNOWN]


def first_arn(asked: Asked) -> list[str]:
    """Of a service that isn't known here."""
    return [given_arn(asked, *asked.parameters) or UNKNOWN]


def given_arn(asked: Asked, *names: str) -> str | None:
    """Return the first value of the parameters `names` that is an ARN of the service."""
    beginning = f"arn:aws:{asked.service}:"
    values = (asked.parameters.get(name) for name in names)
    return next((v for v in values if isinstance(v, str) and v.startswith(beginning)), None)


def _present(*values: Any) -> list[Any]:
    return [value for value in values if value]


RESOURCES: dict[str, Callable[[Asked], list[str]]] = {
    "ssm": parameters_of_ssm,
    "secretsmanager": secrets,
    "kms": keys,
    "events": buses_and_rules,
    "firehose": delivery_streams,
    "states": state_machines,
    "cloudformation": stacks,
    "ecr": repositories,
    "apigateway": apis,
    "monitoring": alarms_and_dashboards,
    "s3control": access_points,
    "dynamodb": tables,
}

PASSING = {
    "events": "events.amazonaws.com",
    "firehose": "firehose.amazonaws.com",
    "states": "states.amazonaws.com",
    "cloudformation": "cloudformation.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
}
"""Services to which roles are passed; whoever passes one needs iam:PassRole."""
ROLES = frozenset(("Role", "RoleArn", "roleArn", "RoleARN"))


def passed_roles(asked: Asked) -> Iterable[str]:
    """The ARNs of the roles that a request passes to the service, wherever they stand in it."""
    return dict.fromkeys(_roles(asked.parameters)) if asked.service in PASSING else ()


def _roles(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name in ROLES and isinstance(each, str) and each.startswith("arn:"):
                yield each
            else:
                yield from _roles(each)
    elif isinstance(value, list):
        for each in value:
            yield from _roles(each)
