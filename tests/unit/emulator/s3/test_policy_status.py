"""When AWS calls a bucket's policy public."""

import json
from typing import Any

import pytest

from devenv.emulator.s3.policy_status import is_public

ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
ALL = {"AWS": ["arn:aws:iam::111122223333:root", "*"]}


def policy(*statements: dict[str, Any]) -> str:
    usual = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Statement": [{**usual, **statement} for statement in statements]})


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": ALL}, True),
        ({"Principal": ROOT}, False),
        ({"Principal": {"Service": "lambda.amazonaws.com"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}}, False),
        ({"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}}, False),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:userid": "${aws:username}"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}}}, True),
        ({"Condition": {"StringEquals": {"s3:prefix": "public"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/1"]}}}, True),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_a_grant_is_public_unless_it_is_bound_to_somebody(
    statement: dict[str, Any], public: bool
) -> None:
    """Source: AWS's guide, "The meaning of public"."""
    assert is_public(policy(statement)) is public


def test_one_public_grant_is_enough() -> None:
    """Wherever it stands; a single statement may stand without a list."""
    assert is_public(policy({"Principal": ROOT}, {}))
    assert is_public(json.dumps({"Statement": {"Effect": "Allow", "Principal": "*"}}))
