"""The calls that Terraform's AWS provider makes for the resources of a streaming system.

Terraform itself isn't here. What it does with a resource is: create it, read it, read it again to
plan (a difference would be a change that never ends), update it, delete it, and read that it's
gone. The calls are those of the provider's source (internal/service/*), made by boto3.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devenv.wait import wait_for

from ..s3.emulator import Emulator
from ..zip_functions import ROLE, TRUST, zipped
from .s3_control import s3_control

ACCOUNT, REGION = "000000000000", "us-east-1"
TAGS = {"team": "streams", "env": "dev"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]
SOURCE = {"app.py": "def handler(event, context):\n    return event\n"}

type Read = Callable[[], Any]
type Clients = Callable[[str], Any]


@pytest.fixture
def clients(running: Emulator) -> Clients:
    return running.client


def read_twice(read: Read) -> Any:
    """What a resource is; a second look finds the same."""
    first, second = read(), read()
    assert first == second
    return first


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def assert_gone(read: Read, *codes: str) -> None:
    """By one of the error codes that the provider takes for `not found`."""

    def refused() -> str | None:
        try:
            read()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    assert wait_for(refused, timeout=30, failure="it is still there") in codes


def test_kinesis_stream(clients: Clients, name: str) -> None:
    kinesis = clients("kinesis")

    def read() -> Any:
        summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        tags = kinesis.list_tags_for_resource(ResourceARN=summary["StreamARN"])["Tags"]
        return summary, tags

    def active() -> bool:
        return bool(read()[0]["StreamStatus"] == "ACTIVE")

    kinesis.create_stream(
        StreamName=name, ShardCount=1, StreamModeDetails={"StreamMode": "PROVISIONED"}
    )
    wait_for(active, timeout=30, failure="not ACTIVE")
    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    kinesis.tag_resource(ResourceARN=read()[0]["StreamARN"], Tags=TAGS)
    summary, tags = read_twice(read)
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (1, 48)
    assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    wait_for(active, timeout=30, failure="not ACTIVE")
    kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["IncomingBytes"])
    kinesis.start_stream_encryption(
        StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis"
    )
    kinesis.untag_resource(ResourceARN=summary["StreamARN"], TagKeys=["env"])
    summary, tags = read_twice(read)
    assert (summary["OpenShardCount"], summary["EncryptionType"]) == (2, "KMS")
    assert summary["EnhancedMonitoring"][0]["ShardLevelMetrics"] == ["IncomingBytes"]
    assert [tag["Key"] for tag in tags] == ["team"]
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
    assert_gone(read, "ResourceNotFoundException")


def test_sqs_queue(clients: Clients, name: str) -> None:
    """The provider takes a URL apart: it has to end in /ACCOUNT/NAME."""
    sqs = clients("sqs")
    url = sqs.create_queue(
        QueueName=name, Attributes={"VisibilityTimeout": "45", "DelaySeconds": "0"}, tags=TAGS
    )["QueueUrl"]
    assert re.fullmatch(rf"https?://[^/]+/{ACCOUNT}/{name}", url)

    def read() -> Any:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return attributes, sqs.list_queue_tags(QueueUrl=url).get("Tags")

    attributes, tags = read_twice(read)
    assert (attributes["VisibilityTimeout"], tags) == ("45", TAGS)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60", "Policy": policy})
    sqs.untag_queue(QueueUrl=url, TagKeys=["env"])
    attributes, tags = read_twice(read)
    assert (attributes["VisibilityTimeout"], tags) == ("60", {"team": "streams"})
    assert json.loads(attributes["Policy"]) == json.loads(policy)
    sqs.delete_queue(QueueUrl=url)
    assert_gone(read, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def test_iam_role_with_its_policies(clients: Clients, name: str) -> None:
    """aws_iam_role, aws_iam_role_policy, aws_iam_policy and the attachment."""
    iam = clients("iam")
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(TRUST),
        MaxSessionDuration=3600,
        Path="/",
        Tags=PAIRS,
    )
    unusual = {  # As the course that many come from has it.
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["stream:*"], "Resource": "arn:aws:stream:*:*:*"},
            {"Effect": "Allow", "Action": ["kinesis:PutRecord"], "Resource": "*"},
        ],
    }
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(unusual))
    arn = iam.create_policy(
        PolicyName=name, PolicyDocument=json.dumps(unusual), Path="/", Tags=PAIRS
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    def read() -> Any:
        role = iam.get_role(RoleName=name)["Role"]
        policy = iam.get_policy(PolicyArn=arn)["Policy"]
        version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        return (
            role,
            iam.list_role_policies(RoleName=name)["PolicyNames"],
            iam.get_role_policy(RoleName=name, PolicyName="inline")["PolicyDocument"],
            iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
            policy,
            version["PolicyVersion"]["Document"],
        )

    role, inline, document, attached, policy, managed = read_twice(read)
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert (inline, document, managed) == (["inline"], unusual, unusual)
    assert attached == [{"PolicyName": name, "PolicyArn": arn}]
    assert sorted(tag["Key"] for tag in policy["Tags"]) == ["env", "team"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(TRUST))
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    iam.tag_role(RoleName=name, Tags=[{"Key": "more", "Value": "1"}])
    changed = {**unusual, "Statement": unusual["Statement"][1:]}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(changed), SetAsDefault=True)
    role, _, _, _, policy, managed = read_twice(read)
    assert (role["MaxSessionDuration"], managed) == (7200, changed)
    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)
    iam.delete_role(RoleName=name)
    assert_gone(lambda: iam.get_role(RoleName=name), "NoSuchEntity")
    assert_gone(lambda: iam.get_policy(PolicyArn=arn), "NoSuchEntity")


ABSENT = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
}
"""What the provider asks of each bucket, and the answer that it takes for `not configured`."""


def test_s3_bucket(running: Emulator, clients: Clients, name: str) -> None:
    s3, control = clients("s3"), s3_control(running)
    s3.create_bucket(Bucket=name)

    def read() -> Any:
        s3.head_bucket(Bucket=name)
        for operation, code in ABSENT.items():
            with pytest.raises(ClientError) as error:
                getattr(s3, operation)(Bucket=name)
            assert error.value.response["Error"]["Code"] == code
        return [
            without_metadata(getattr(s3, operation)(Bucket=name))
            for operation in (
                *("get_bucket_acl", "get_bucket_versioning", "get_bucket_location"),
                *("get_bucket_accelerate_configuration", "get_bucket_request_payment"),
                *("get_bucket_logging", "get_bucket_encryption", "get_bucket_ownership_controls"),
                "get_public_access_block",
            )
        ]

    read_twice(read)
    arn = f"arn:aws:s3:::{name}"
    control.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=PAIRS)
    tags = control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    assert read_twice(read)[1]["Status"] == "Enabled"
    s3.delete_bucket(Bucket=name)
    assert_gone(lambda: s3.head_bucket(Bucket=name), "404", "NoSuchBucket")


def test_cloudwatch_log_group(clients: Clients, name: str) -> None:
    logs = clients("logs")
    logs.create_log_group(logGroupName=name, tags=TAGS)
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)

    def read() -> Any:
        groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        found = next((g for g in groups if g["logGroupName"] == name), None)
        if found is None:
            return None
        tags = logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"]
        return found, tags

    group, tags = read_twice(read)
    assert (group["retentionInDays"], tags) == (7, TAGS)
    logs.delete_retention_policy(logGroupName=name)
    logs.tag_resource(resourceArn=group["arn"].removesuffix(":*"), tags={"env": "prod"})
    group, tags = read_twice(read)
    assert "retentionInDays" not in group
    assert tags["env"] == "prod"
    logs.delete_log_group(logGroupName=name)
    assert read() is None


@pytest.fixture
def function(clients: Clients, name: str) -> Iterator[str]:
    """A zip function, as aws_lambda_function makes it."""
    functions = clients("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped(SOURCE)},
        MemorySize=256,
        Timeout=5,
        Environment={"Variables": {"STAGE": "dev"}},
        Tags=TAGS,
        Publish=False,
    )
    await_update(functions, name)
    yield name
    functions.delete_function(FunctionName=name)


def await_update(functions: Any, name: str) -> None:
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def test_lambda_function_of_a_zip(clients: Clients, function: str) -> None:
    functions = clients("lambda")

    def read() -> Any:
        found = functions.get_function(FunctionName=function)
        signing = functions.get_function_code_signing_config(FunctionName=function)
        versions = functions.list_versions_by_function(FunctionName=function)["Versions"]
        return found["Configuration"], found["Tags"], signing.get("CodeSigningConfigArn"), versions

    configuration, tags, signing, versions = read_twice(read)
    assert (configuration["MemorySize"], tags, signing) == (256, TAGS, None)
    assert [version["Version"] for version in versions] == ["$LATEST"]
    changed = {"app.py": "def handler(event, context):\n    return 2\n"}
    functions.update_function_code(FunctionName=function, ZipFile=zipped(changed), Publish=False)
    await_update(functions, function)
    functions.update_function_configuration(
        FunctionName=function,
        MemorySize=512,
        Environment={"Variables": {"STAGE": "prod"}},
        TracingConfig={"Mode": "PassThrough"},
        EphemeralStorage={"Size": 512},
    )
    await_update(functions, function)
    version = functions.publish_version(FunctionName=function)["Version"]
    functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=2)
    functions.untag_resource(Resource=configuration["FunctionArn"], TagKeys=["env"])
    after, tags, _, versions = read_twice(read)
    assert (after["MemorySize"], after["Environment"]["Variables"]) == (512, {"STAGE": "prod"})
    assert after["CodeSha256"] != configuration["CodeSha256"]
    assert (version, tags, len(versions)) == ("1", {"team": "streams"}, 2)
    found = functions.get_function(FunctionName=function)["Concurrency"]
    assert found == {"ReservedConcurrentExecutions": 2}


def test_lambda_function_is_gone(clients: Clients, name: str) -> None:
    functions = clients("lambda")
    assert_gone(lambda: functions.get_function(FunctionName=name), "ResourceNotFoundException")


def test_lambda_permission(clients: Clients, function: str) -> None:
    functions = clients("lambda")
    functions.add_permission(
        FunctionName=function,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r",
    )

    def read() -> Any:
        return json.loads(functions.get_policy(FunctionName=function)["Policy"])["Statement"]

    (statement,) = read_twice(read)
    assert (statement["Sid"], statement["Action"]) == ("rule", "lambda:InvokeFunction")
    functions.remove_permission(FunctionName=function, StatementId="rule")
    assert_gone(read, "ResourceNotFoundException")


def test_lambda_function_event_invoke_config(clients: Clients, function: str) -> None:
    functions = clients("lambda")
    functions.put_function_event_invoke_config(
        FunctionName=function, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60
    )

    def read() -> Any:
        return without_metadata(functions.get_function_event_invoke_config(FunctionName=function))

    assert read_twice(read)["MaximumRetryAttempts"] == 1
    functions.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    assert read_twice(read)["MaximumRetryAttempts"] == 0
    functions.delete_function_event_invoke_config(FunctionName=function)
    assert_gone(read, "ResourceNotFoundException")


def test_lambda_event_source_mapping(clients: Clients, function: str, name: str) -> None:
    functions, kinesis = clients("lambda"), clients("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
    made = functions.create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=arn,
        StartingPosition="LATEST",
        BatchSize=50,
        MaximumBatchingWindowInSeconds=1,
        MaximumRetryAttempts=2,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        Enabled=True,
        Tags=TAGS,
    )
    uuid = made["UUID"]

    def read() -> Any:
        found = without_metadata(functions.get_event_source_mapping(UUID=uuid))
        return found, functions.list_tags(Resource=made["EventSourceMappingArn"])["Tags"]

    def await_state(state: str) -> None:
        wait_for(lambda: read()[0]["State"] == state, timeout=30, failure=f"not {state}")

    await_state("Enabled")
    found, tags = read_twice(read)
    assert (found["BatchSize"], found["EventSourceArn"], tags) == (50, arn, TAGS)
    functions.update_event_source_mapping(UUID=uuid, BatchSize=10, Enabled=False)
    await_state("Disabled")
    assert read_twice(read)[0]["BatchSize"] == 10
    functions.delete_event_source_mapping(UUID=uuid)
    assert_gone(lambda: functions.get_event_source_mapping(UUID=uuid), "ResourceNotFoundException")
    kinesis.delete_stream(StreamName=name)


def test_ecr_repository(clients: Clients, name: str) -> None:
    ecr, name = clients("ecr"), name.lower()
    made = ecr.create_repository(
        repositoryName=name,
        imageTagMutability="MUTABLE",
        encryptionConfiguration={"encryptionType": "AES256"},
        imageScanningConfiguration={"scanOnPush": False},
        tags=PAIRS,
    )["repository"]

    def read() -> Any:
        (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
        tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
        return repository, tags

    repository, tags = read_twice(read)
    assert repository["repositoryUri"] == made["repositoryUri"]
    assert sorted(tags, key=str) == sorted(PAIRS, key=str)
    arn = repository["repositoryArn"]
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    ecr.put_image_scanning_configuration(
        repositoryName=name, imageScanningConfiguration={"scanOnPush": True}
    )
    ecr.untag_resource(resourceArn=arn, tagKeys=["env"])
    repository, tags = read_twice(read)
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert tags == [PAIRS[0]]
    ecr.delete_repository(repositoryName=name, force=False)
    assert_gone(read, "RepositoryNotFoundException")


def test_lambda_function_of_an_image(clients: Clients, name: str) -> None:
    """Of a repository of the account's; its tag may change, its command and entry point too."""
    functions, ecr, name = clients("lambda"), clients("ecr"), name.lower()
    uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    functions.create_function(
        FunctionName=name,
        PackageType="Image",
        Code={"ImageUri": f"{uri}:v1"},
        Role=ROLE,
        ImageConfig={"Command": ["lambda_function.lambda_handler"]},
        Tags=TAGS,
        Publish=False,
    )

    def read() -> Any:
        found = functions.get_function(FunctionName=name)
        return found["Configuration"], found["Code"], found["Tags"]

    try:
        await_update(functions, name)
        configuration, code, tags = read_twice(read)
        assert (configuration["PackageType"], tags) == ("Image", TAGS)
        assert code["ImageUri"] == f"{uri}:v1"
        config = configuration["ImageConfigResponse"]["ImageConfig"]
        assert config == {"Command": ["lambda_function.lambda_handler"]}
        functions.update_function_code(FunctionName=name, ImageUri=f"{uri}:v2", Publish=False)
        await_update(functions, name)
        functions.update_function_configuration(
            FunctionName=name, MemorySize=512, ImageConfig={"WorkingDirectory": "/var/task"}
        )
        await_update(functions, name)
        configuration, code, _ = read_twice(read)
        assert (configuration["MemorySize"], code["ImageUri"]) == (512, f"{uri}:v2")
        config = configuration["ImageConfigResponse"]["ImageConfig"]
        assert config == {"WorkingDirectory": "/var/task"}
    finally:
        functions.delete_function(FunctionName=name)
    assert_gone(read, "ResourceNotFoundException")
