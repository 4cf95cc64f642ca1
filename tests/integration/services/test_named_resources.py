"""Roles whose policies name their resources, as CDK and SAM write them: what AWS allows is allowed,
what it denies is denied, for services beside those of streams."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from devenv.wait import wait_for

from ..s3.emulator import Emulator
from ..zip_functions import TRUST, Functions

BASE = "us-east-1:000000000000"
FAILS = "def handler(event, context): raise ValueError(event['id'])"

type Client = Callable[[str], Any]
type Role = Callable[..., Client]


def trusting(*principals: str) -> str:
    (statement,) = [TRUST["Statement"]]
    allowed: Any = {"Service": list(principals), "AWS": "arn:aws:iam::000000000000:root"}
    return json.dumps({**TRUST, "Statement": {**dict(statement), "Principal": allowed}})


@pytest.fixture
def role(running: Emulator, name: str) -> Role:
    """Makes a role that may do what is given; clients with a session of it."""
    iam, sts = running.client("iam"), running.client("sts")

    def make(*statements: tuple[str, str]) -> Client:
        allowed = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in statements]
        trust = trusting("lambda.amazonaws.com", "events.amazonaws.com")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        arn = f"arn:aws:iam::000000000000:role/{name}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return lambda service: boto3.client(
            service,
            endpoint_url=running.settings.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    return make


def denied(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    assert "AccessDenied" in error.value.response["Error"]["Code"]
    return str(error.value)


def test_parameters(running: Emulator, name: str, role: Role) -> None:
    own, other = f"/{name}/own", f"/{name}-other"
    for each in (own, other):
        running.client("ssm").put_parameter(Name=each, Value="1", Type="String")
    ssm = role(("ssm:GetParameter*", f"arn:aws:ssm:{BASE}:parameter/{name}/*"))("ssm")
    assert ssm.get_parameter(Name=own)["Parameter"]["Value"] == "1"
    assert len(ssm.get_parameters(Names=[own])["Parameters"]) == 1
    assert f"resource: arn:aws:ssm:{BASE}:parameter/{name}-other" in denied(
        ssm.get_parameter, Name=other
    )
    denied(ssm.get_parameters, Names=[own, other])


def test_secrets(running: Emulator, name: str, role: Role) -> None:
    """By name, though the ARN in the policy ends in six characters more."""
    secrets = running.client("secretsmanager")
    arn = secrets.create_secret(Name=name, SecretString="s")["ARN"]
    secrets.create_secret(Name=f"{name}-other", SecretString="s")
    mine = role(("secretsmanager:GetSecretValue", arn))("secretsmanager")
    for named in (name, arn):
        assert mine.get_secret_value(SecretId=named)["SecretString"] == "s"
    denied(mine.get_secret_value, SecretId=f"{name}-other")


def test_keys(running: Emulator, name: str, role: Role) -> None:
    """By alias, too; a ciphertext names its key inside, so there the action decides."""
    kms = running.client("kms")
    own = kms.create_key()["KeyMetadata"]["Arn"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=own)
    mine = role(("kms:*crypt", own))("kms")
    sealed = mine.encrypt(KeyId=f"alias/{name}", Plaintext=b"ride")["CiphertextBlob"]
    assert mine.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"ride"
    denied(mine.encrypt, KeyId=other, Plaintext=b"ride")
    assert "kms:Decrypt" in running.log


def test_events(running: Emulator, name: str, role: Role) -> None:
    running.client("events").create_event_bus(Name=name)
    mine = role(("events:PutEvents", f"arn:aws:events:{BASE}:event-bus/{name}"))("events")
    entry = {"Source": "rides", "DetailType": "ride", "Detail": "{}"}
    assert mine.put_events(Entries=[{**entry, "EventBusName": name}])["FailedEntryCount"] == 0
    denied(mine.put_events, Entries=[entry])
    denied(mine.put_events, Entries=[{**entry, "EventBusName": name}, entry])


def test_a_stack(running: Emulator, name: str, role: Role) -> None:
    """By its name: the ARN has an id, which no policy knows beforehand."""
    mine = role(("cloudformation:*Stack*", f"arn:aws:cloudformation:{BASE}:stack/{name}/*"))
    stacks = mine("cloudformation")
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    stacks.create_stack(StackName=name, TemplateBody=template)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert len(stacks.describe_stacks(StackName=name)["Stacks"]) == 1
    denied(stacks.create_stack, StackName=f"{name}-other", TemplateBody=template)
    stacks.delete_stack(StackName=name)


def test_a_rest_api(running: Emulator, name: str, role: Role) -> None:
    own = running.client("apigateway").create_rest_api(name=name)["id"]
    other = running.client("apigateway").create_rest_api(name=f"{name}-other")["id"]
    mine = role(("apigateway:GET", f"arn:aws:apigateway:us-east-1::/restapis/{own}*"))
    gateway = mine("apigateway")
    assert gateway.get_rest_api(restApiId=own)["name"] == name
    assert gateway.get_resources(restApiId=own)["items"]
    denied(gateway.get_rest_api, restApiId=other)
    denied(gateway.delete_rest_api, restApiId=own)


def test_rules_pass_events_on_to_another_bus(running: Emulator, name: str, role: Role) -> None:
    """In the name of the target's role, which may put events on that bus alone."""
    events, sqs = running.client("events"), running.client("sqs")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    role(("events:PutEvents", bus))
    receiver = queue_behind(running, name, bus=name)
    rule, pattern = f"{name}-rule", json.dumps({"source": [name]})
    events.put_rule(Name=rule, EventPattern=pattern)
    target = {"Id": "1", "Arn": bus, "RoleArn": f"arn:aws:iam::000000000000:role/{name}"}
    assert events.put_targets(Rule=rule, Targets=[target])["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": name, "DetailType": "ride", "Detail": '{"id": 1}'}])
    assert received(sqs, receiver)["detail"] == {"id": 1}


def test_a_failed_invocation_goes_to_a_bus(
    running: Emulator, name: str, functions: Functions, role: Role
) -> None:
    """By the function's own role."""
    bus = running.client("events").create_event_bus(Name=name)["EventBusArn"]
    role(("events:PutEvents", bus))
    receiver = queue_behind(running, name, bus=name)
    function = functions.create(FAILS, Role=f"arn:aws:iam::000000000000:role/{name}")
    functions.aws.functions.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": bus}},
    )
    functions.aws.functions.invoke(
        FunctionName=function, InvocationType="Event", Payload=b'{"id": "ride 1"}'
    )
    event = received(running.client("sqs"), receiver)
    assert event["detail"]["requestPayload"] == {"id": "ride 1"}
    assert event["detail"]["responsePayload"]["errorType"] == "ValueError"


def queue_behind(running: Emulator, name: str, bus: str) -> str:
    """The URL of a queue that all events of the bus come to."""
    events, sqs = running.client("events"), running.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{BASE}:{name}"
    pattern = json.dumps({"account": ["000000000000"]})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])
    return str(url)


def received(sqs: Any, url: str) -> dict[str, Any]:
    (message,) = wait_for(
        lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"),
        timeout=30,
        failure=f"nothing came to {url}",
    )
    return dict(json.loads(message["Body"]))
