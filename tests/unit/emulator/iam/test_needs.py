"""What requests need: action and resource as IAM names them, and as messages do."""

from typing import Any

import pytest

from devenv.emulator.iam.needs import Asked, needs
from devenv.emulator.iam.policies import UNKNOWN

HERE = ":us-east-1:000000000000:"
ROLE = "arn:aws:iam::000000000000:role/r"
PASS = ("iam:PassRole", ROLE)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        (
            "s3",
            "GetObject",
            {"Bucket": "b", "Key": "k/l"},
            [("s3:GetObject", "arn:aws:s3:::b/k/l")],
        ),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "arn:aws:s3:::b/k")]),
        (
            "s3",
            "GetObject",
            {"Bucket": "b", "Key": "k", "VersionId": "1"},
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("s3", "UploadPart", {"Bucket": "b", "Key": "k"}, [("s3:PutObject", "arn:aws:s3:::b/k")]),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "1"}, {"Key": "2", "VersionId": "v"}]}},
            [
                ("s3:DeleteObject", "arn:aws:s3:::b/1"),
                ("s3:DeleteObjectVersion", "arn:aws:s3:::b/2"),
            ],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "from/a%20b"},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::from/a b")],
        ),
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": "http://127.0.0.1:4566/queue/us-east-1/000000000000/q"},
            [("sqs:SendMessage", f"arn:aws:sqs{HERE}q")],
        ),
        ("sqs", "GetQueueUrl", {"QueueName": "q"}, [("sqs:GetQueueUrl", f"arn:aws:sqs{HERE}q")]),
        ("sqs", "ListQueues", {}, [("sqs:ListQueues", f"arn:aws:sqs{HERE}")]),
        (
            "sns",
            "PublishBatch",
            {"TopicArn": f"arn:aws:sns{HERE}t"},
            [("sns:Publish", f"arn:aws:sns{HERE}t")],
        ),
        ("sns", "CreateTopic", {"Name": "t"}, [("sns:CreateTopic", f"arn:aws:sns{HERE}t")]),
        (
            "logs",
            "PutLogEvents",
            {"logGroupName": "/aws/lambda/f", "logStreamName": "s"},
            [("logs:PutLogEvents", f"arn:aws:logs{HERE}log-group:/aws/lambda/f:log-stream:s")],
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": f"arn:aws:lambda{HERE}function:f", "Qualifier": "2"},
            [("lambda:InvokeFunction", f"arn:aws:lambda{HERE}function:f:2")],
        ),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r"},
            [
                ("lambda:CreateFunction", f"arn:aws:lambda{HERE}function:f"),
                ("iam:PassRole", "arn:aws:iam::000000000000:role/r"),
            ],
        ),
        ("lambda", "ListFunctions", {}, [("lambda:ListFunctions", "*")]),
        (
            "iam",
            "GetRole",
            {"RoleName": "r"},
            [("iam:GetRole", "arn:aws:iam::000000000000:role/r")],
        ),
        ("iam", "ListUsers", {}, [("iam:ListUsers", "arn:aws:iam::000000000000:user/")]),
        ("sts", "AssumeRole", {"RoleArn": "arn:r"}, [("sts:AssumeRole", "arn:r")]),
        (
            "dynamodb",
            "PutItem",
            {"TableName": "t"},
            [("dynamodb:PutItem", f"arn:aws:dynamodb{HERE}table/t")],
        ),
        ("monitoring", "PutMetricData", {}, [("cloudwatch:PutMetricData", "*")]),
        (
            "firehose",
            "TagDeliveryStream",
            {"X": 1, "Arn": "arn:aws:firehose:r:a:deliverystream/d"},
            [("firehose:TagDeliveryStream", "arn:aws:firehose:r:a:deliverystream/d")],
        ),
    ],
)
def test_actions_and_resources(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """As the service authorization reference has them."""
    found = needs(Asked(service, operation, parameters, "us-east-1", "000000000000"))
    assert [(need.action, need.resource) for need in found] == expected


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("ssm", "GetParameter", {"Name": "/a/b:3"}, ["parameter/a/b"]),
        ("ssm", "GetParameter", {"Name": "a"}, ["parameter/a"]),
        ("ssm", "GetParameters", {"Names": ["a", "/b"]}, ["parameter/a", "parameter/b"]),
        ("ssm", "GetParametersByPath", {"Path": "/a/"}, ["parameter/a/"]),
        ("ssm", "DescribeParameters", {}, ["*"]),
        (
            "ssm",
            "AddTagsToResource",
            {"ResourceType": "Parameter", "ResourceId": "/a"},
            ["parameter/a"],
        ),
        ("secretsmanager", "CreateSecret", {"Name": "s"}, ["secret:s-??????"]),
        ("secretsmanager", "GetSecretValue", {"SecretId": "s"}, ["secret:s"]),
        ("kms", "Encrypt", {"KeyId": "1234"}, ["key/1234"]),
        ("kms", "CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "1"}, ["alias/a", "key/1"]),
        ("events", "PutEvents", {"Entries": [{}, {"Source": "s"}]}, ["event-bus/default"]),
        ("events", "PutEvents", {"Entries": [{"EventBusName": "b"}]}, ["event-bus/b"]),
        ("events", "PutRule", {"Name": "r"}, ["rule/r"]),
        ("events", "PutRule", {"Name": "r", "EventBusName": "b"}, ["rule/b/r"]),
        ("events", "PutTargets", {"Rule": "r", "Targets": []}, ["rule/r"]),
        ("events", "ListTargetsByRule", {"Rule": "r"}, ["rule/r"]),
        ("events", "CreateEventBus", {"Name": "b"}, ["event-bus/b"]),
        ("firehose", "PutRecordBatch", {"DeliveryStreamName": "d"}, ["deliverystream/d"]),
        ("states", "CreateStateMachine", {"name": "m"}, ["stateMachine:m"]),
        ("cloudformation", "CreateStack", {"StackName": "s"}, ["stack/s/*"]),
        ("ecr", "PutImage", {"repositoryName": "r"}, ["repository/r"]),
        ("ecr", "DescribeRepositories", {}, ["repository/*"]),
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, ["table/t/index/i"]),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {}, "u": {}}}, ["table/t", "table/u"]),
        ("lambda", "GetLayerVersion", {"LayerName": "l", "VersionNumber": 2}, ["layer:l:2"]),
    ],
)
def test_resources_of_other_services(
    service: str, operation: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    """Of what functions and their deployment call."""
    found = needs(Asked(service, operation, parameters, "us-east-1", "000000000000"))
    assert {need.action for need in found} == {f"{service}:{operation}"}
    assert [need.resource for need in found] == [f"arn:aws:{service}{HERE}{e}" for e in expected]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("kms", "ListKeys", {}, [("kms:ListKeys", "*")]),
        ("kms", "Decrypt", {"CiphertextBlob": b""}, [("kms:Decrypt", UNKNOWN)]),
        ("kms", "Decrypt", {"KeyId": "alias/none"}, [("kms:Decrypt", UNKNOWN)]),
        ("ecr", "GetAuthorizationToken", {}, [("ecr:GetAuthorizationToken", "*")]),
        ("ssm", "SendCommand", {"Name": "d"}, [("ssm:SendCommand", UNKNOWN)]),
        ("states", "SendTaskSuccess", {"taskToken": "t"}, [("states:SendTaskSuccess", UNKNOWN)]),
        ("glue", "GetJob", {"JobName": "j"}, [("glue:GetJob", UNKNOWN)]),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "Targets": [{"Id": "1", "RoleArn": ROLE}, {"Id": "2", "RoleArn": ROLE}]},
            [("events:PutTargets", f"arn:aws:events{HERE}rule/r"), PASS],
        ),
        (
            "firehose",
            "CreateDeliveryStream",
            {"DeliveryStreamName": "d", "ExtendedS3DestinationConfiguration": {"RoleARN": ROLE}},
            [("firehose:CreateDeliveryStream", f"arn:aws:firehose{HERE}deliverystream/d"), PASS],
        ),
        (
            "monitoring",
            "PutMetricAlarm",
            {"AlarmName": "a"},
            [("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch{HERE}alarm:a")],
        ),
        (
            "s3control",
            "GetPublicAccessBlock",
            {"AccountId": "000000000000"},
            [("s3:GetAccountPublicAccessBlock", "*")],
        ),
        (
            "s3control",
            "ListTagsForResource",
            {"ResourceArn": "arn:aws:s3:::b"},
            [("s3:ListTagsForResource", "arn:aws:s3:::b")],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t"}}, {"Delete": {"TableName": "u"}}]},
            [
                ("dynamodb:PutItem", f"arn:aws:dynamodb{HERE}table/t"),
                ("dynamodb:DeleteItem", f"arn:aws:dynamodb{HERE}table/u"),
            ],
        ),
    ],
)
def test_what_has_actions_or_resources_of_its_own(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = needs(Asked(service, operation, parameters, "us-east-1", "000000000000"))
    assert [(need.action, need.resource) for need in found] == expected


def test_api_gateways_actions_are_methods_and_its_resources_paths() -> None:
    asked = Asked("apigateway", "GetRestApi", {}, "us-east-1", "0", "GET", "/restapis/abc")
    (need,) = needs(asked)
    assert need.action == "apigateway:GET"
    assert need.resource == "arn:aws:apigateway:us-east-1::/restapis/abc"


def test_a_listings_prefix_is_a_condition_key() -> None:
    """Present or not, it's known."""
    asked = Asked("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "models/"}, "r", "a")
    (need,) = needs(asked)
    assert need.keys == {"s3:prefix": "models/", "s3:delimiter": None, "s3:max-keys": None}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action", "resource"),
    [
        ("s3", "GetObject", {"Bucket": "b", "Key": "k"}, None, '"arn:aws:s3:::b/k"'),
        ("s3", "ListBuckets", {}, None, ""),
        ("sqs", "SendMessage", {"QueueUrl": "u/q"}, "sqs:sendmessage", None),
        ("sns", "Publish", {"TopicArn": "arn:aws:sns:r:a:t"}, "SNS:Publish", None),
        ("iam", "GetRole", {"RoleName": "r"}, None, "role r"),
        ("lambda", "Invoke", {"FunctionName": "f"}, None, None),
    ],
)
def test_services_word_their_messages_in_their_own_ways(
    service: str, operation: str, parameters: dict[str, Any], action: str, resource: str
) -> None:
    """None where action or resource are as in a policy."""
    need = needs(Asked(service, operation, parameters, "us-east-1", "000000000000"))[0]
    assert (need.named, need.shown) == (action, resource)
