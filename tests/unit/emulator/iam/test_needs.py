"""What requests need: action and resource as IAM names them, and as messages do."""

from typing import Any

import pytest

from devenv.emulator.iam.needs import Asked, needs

HERE = ":us-east-1:000000000000:"


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
