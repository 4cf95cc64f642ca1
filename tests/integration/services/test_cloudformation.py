"""Stacks with streams: what COMPLETE says is so, also after an update; what can't be fails."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from ..s3.emulator import Emulator

PATIENCE = {"Delay": 1, "MaxAttempts": 60}
KEY = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}


class Stack:
    """One stack of the test's own."""

    def __init__(self, running: Emulator, name: str) -> None:
        self.client, self.name = running.client("cloudformation"), name
        self.kinesis = running.client("kinesis")

    def _template(self, resources: dict[str, Any]) -> dict[str, Any]:
        body = {
            "Resources": resources,
            "Outputs": {"Id": {"Value": {"Ref": next(iter(resources))}}},
        }
        return {"StackName": self.name, "TemplateBody": json.dumps(body)}

    def create(self, resources: dict[str, Any]) -> None:
        self.client.create_stack(**self._template(resources))
        waiter = self.client.get_waiter("stack_create_complete")
        waiter.wait(StackName=self.name, WaiterConfig=PATIENCE)

    def update(self, resources: dict[str, Any]) -> None:
        self.client.update_stack(**self._template(resources))
        waiter = self.client.get_waiter("stack_update_complete")
        waiter.wait(StackName=self.name, WaiterConfig=PATIENCE)

    def deploy(self, resources: dict[str, Any]) -> None:
        """By a change set, as `aws cloudformation deploy` does."""
        named = {"ChangeSetName": f"c-{time.monotonic_ns()}", "StackName": self.name}
        template = {"ChangeSetType": "UPDATE", **self._template(resources)}
        self.client.create_change_set(ChangeSetName=named["ChangeSetName"], **template)
        waiter = self.client.get_waiter("change_set_create_complete")
        waiter.wait(**named, WaiterConfig=PATIENCE)
        self.client.execute_change_set(**named)
        waiter = self.client.get_waiter("stack_update_complete")
        waiter.wait(StackName=self.name, WaiterConfig=PATIENCE)

    def delete(self) -> None:
        self.client.delete_stack(StackName=self.name)
        waiter = self.client.get_waiter("stack_delete_complete")
        waiter.wait(StackName=self.name, WaiterConfig=PATIENCE)

    def described(self) -> dict[str, Any]:
        (found,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return dict(found)

    def stream(self, name: str) -> dict[str, Any]:
        answer = self.kinesis.describe_stream_summary(StreamName=name)
        return dict(answer["StreamDescriptionSummary"])

    def tags(self, arn: str) -> dict[str, str]:
        found = self.kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}


@pytest.fixture
def stack(running: Emulator, name: str) -> Stack:
    return Stack(running, name)


def stream(**properties: Any) -> dict[str, Any]:
    tags = [{"Key": k, "Value": v} for k, v in properties.pop("tags", {}).items()]
    return {"Type": "AWS::Kinesis::Stream", "Properties": properties | ({"Tags": tags})}


def test_a_stream_is_as_its_template_says(stack: Stack, name: str) -> None:
    """And after an update; what a template no longer says is as by default again."""
    stack.create(
        {
            "Stream": stream(
                Name=name,
                ShardCount=1,
                RetentionPeriodHours=48,
                StreamEncryption=KEY,
                tags={"team": "rides", "stage": "test"},
            )
        }
    )
    made = stack.stream(name)
    assert made["StreamModeDetails"]["StreamMode"] == "PROVISIONED"
    assert (made["OpenShardCount"], made["RetentionPeriodHours"]) == (1, 48)
    assert (made["EncryptionType"], made["KeyId"]) == ("KMS", KEY["KeyId"])
    assert stack.tags(made["StreamARN"]) == {"team": "rides", "stage": "test"}
    (output,) = stack.described()["Outputs"]
    assert output["OutputValue"] == name
    stack.update({"Stream": stream(Name=name, ShardCount=2, tags={"team": "bikes"})})
    changed = stack.stream(name)
    assert changed["StreamARN"] == made["StreamARN"]
    assert changed["StreamCreationTimestamp"] == made["StreamCreationTimestamp"]
    assert (changed["OpenShardCount"], changed["RetentionPeriodHours"]) == (2, 24)
    assert changed["EncryptionType"] == "NONE"
    assert stack.tags(made["StreamARN"]) == {"team": "bikes"}
    stack.update({"Stream": stream(Name=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})})
    assert stack.stream(name)["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
    stack.delete()
    assert name not in stack.kinesis.list_streams()["StreamNames"]


def test_a_generated_name_stays_through_updates(stack: Stack) -> None:
    stack.create({"Stream": stream(ShardCount=1)})
    (output,) = stack.described()["Outputs"]
    stack.update({"Stream": stream(ShardCount=2)})
    assert stack.stream(output["OutputValue"])["OpenShardCount"] == 2
    stack.delete()


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"RetentionPeriodHours": 9000}, "Maximum allowed retention period is 8760 hours"),
        ({"Colour": "red"}, "not honoured by this emulator: Colour"),
    ],
)
def test_what_cannot_be_honoured_fails_the_stack_with_the_reason(
    stack: Stack, name: str, properties: dict[str, Any], reason: str
) -> None:
    """In the resource's event, in the stack's own, and where a stack is described; and no stream is
    left behind."""
    with pytest.raises(WaiterError):
        stack.create({"Stream": stream(Name=name, ShardCount=1, **properties)})
    events = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
    assert {e["ResourceType"] for e in failed} == {
        "AWS::Kinesis::Stream",
        "AWS::CloudFormation::Stack",
    }
    assert all(reason in e["ResourceStatusReason"] for e in failed)
    described = stack.described()
    assert described["StackStatusReason"].startswith(
        "The following resource(s) failed to create: [Stream]."
    )
    assert reason in described["StackStatusReason"]
    assert name not in stack.kinesis.list_streams()["StreamNames"]


def test_an_update_that_cannot_be_made_fails(stack: Stack, name: str) -> None:
    """By update-stack and by a change set; and the next one that can be made is made."""
    stack.create({"Stream": stream(Name=name, ShardCount=1)})
    too_many = {"Stream": stream(Name=name, ShardCount=5)}
    with pytest.raises(WaiterError, match="UPDATE_FAILED"):
        stack.update(too_many)
    assert "failed to update: [Stream]" in stack.described()["StackStatusReason"]
    assert stack.stream(name)["OpenShardCount"] == 1
    with pytest.raises(WaiterError, match="UPDATE_FAILED"):
        stack.deploy({"Stream": stream(Name=name, ShardCount=6)})
    stack.deploy({"Stream": stream(Name=name, ShardCount=2)})
    assert stack.described()["StackStatus"] == "UPDATE_COMPLETE"
    assert stack.stream(name)["OpenShardCount"] == 2
    stack.delete()
    assert name not in stack.kinesis.list_streams()["StreamNames"]


def test_a_consumer_with_its_tags(stack: Stack, name: str) -> None:
    def resources(stage: str) -> dict[str, Any]:
        return {
            "Consumer": {
                "Type": "AWS::Kinesis::StreamConsumer",
                "Properties": {
                    "ConsumerName": name,
                    "StreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
                    "Tags": [{"Key": "stage", "Value": stage}],
                },
            },
            "Stream": stream(Name=name, ShardCount=1),
        }

    stack.create(resources("test"))
    (output,) = stack.described()["Outputs"]
    arn = output["OutputValue"]
    answer = stack.kinesis.describe_stream_consumer(ConsumerARN=arn)
    assert answer["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
    assert stack.tags(arn) == {"stage": "test"}
    stack.update(resources("production"))
    assert stack.tags(arn) == {"stage": "production"}
    stack.delete()
    assert name not in stack.kinesis.list_streams()["StreamNames"]


EXPIRY = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
            "action": {"type": "expire"},
        }
    ]
}


def test_a_repository_is_there_changes_and_goes(running: Emulator, name: str) -> None:
    """As CDK's bootstrap writes it; LocalStack's own is COMPLETE, and there is none."""
    ecr, stack = running.client("ecr"), Stack(running, name)
    called = name.lower()
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            }
        ],
    }
    properties: dict[str, Any] = {
        "RepositoryName": called,
        "ImageTagMutability": "IMMUTABLE",
        "LifecyclePolicy": {"LifecyclePolicyText": json.dumps(EXPIRY)},
        "RepositoryPolicyText": policy,
        "Tags": [{"Key": "team", "Value": "rides"}],
    }

    def resources(**changed: Any) -> dict[str, Any]:
        body = {"Type": "AWS::ECR::Repository", "Properties": {**properties, **changed}}
        return {"Images": body}

    stack.create(resources())
    (found,) = ecr.describe_repositories(repositoryNames=[called])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert json.loads(ecr.get_repository_policy(repositoryName=called)["policyText"]) == policy
    assert ecr.get_lifecycle_policy(repositoryName=called)["lifecyclePolicyText"]
    stack.update(resources(ImageTagMutability="MUTABLE", Tags=[{"Key": "a", "Value": "b"}]))
    (found,) = ecr.describe_repositories(repositoryNames=[called])["repositories"]
    assert found["imageTagMutability"] == "MUTABLE"
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    stack.delete()
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.describe_repositories(repositoryNames=[called])
    with pytest.raises(WaiterError):
        stack.create(resources(ImageTagMutabilityExclusionFilters=[]))
