"""IAM's rules, a line of the tables for each: what a policy says of a request, and the words."""

import json
from typing import Any

import pytest

from devenv.emulator.iam.conditions import Context
from devenv.emulator.iam.decisions import Decision, PolicySet, decide, refusal
from devenv.emulator.iam.policies import UNKNOWN, Policy

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/ride_predictions"
PUT = "kinesis:PutRecord"
KEYS = {
    "aws:principalarn": ("arn:aws:iam::000000000000:role/r",),
    "aws:requestedregion": ("us-east-1",),
    "aws:principaltag/team": ("rides",),
    "aws:currenttime": ("2026-11-21T08:00:00+00:00",),
    "aws:epochtime": ("1795248000",),
    "aws:securetransport": ("true",),
    "aws:sourceip": ("203.0.113.7",),
    "aws:tagkeys": ("a", "b"),
    "aws:username": None,
    "aws:sourcearn": None,
    "s3:max-keys": ("10",),
    "wild": ("*",),
}


def policy(*statements: dict[str, Any], version: str = "2012-10-17", arn: str = "") -> Policy:
    document = json.dumps({"Version": version, "Statement": list(statements)})
    return Policy(arn or "p of role r", document, arn or None)


def allow(**elements: Any) -> dict[str, Any]:
    given = {"Effect": "Allow", **elements}
    if not {"Action", "NotAction"} & set(given):
        given["Action"] = PUT
    if not {"Resource", "NotResource"} & set(given):
        given["Resource"] = STREAM
    return given


def deny(**elements: Any) -> dict[str, Any]:
    return {**allow(**elements), "Effect": "Deny"}


def asked(*policies: Policy, action: str = PUT, resource: str = STREAM, **kinds: Any) -> Decision:
    found = PolicySet(list(policies), **kinds)
    return decide(found, action, resource, Context(KEYS))


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (allow(), True),
        (allow(Action="kinesis:*"), True),
        (allow(Action="*"), True),
        (allow(Action="KINESIS:putrecord"), True),
        (allow(Action="kinesis:Put?ecord"), True),
        (allow(Action="kinesis:PutRecords"), False),
        (allow(Action="kinesis:Put"), False),
        (allow(Action=["s3:GetObject", "kinesis:Put*"]), True),
        (allow(NotAction="s3:*"), True),
        (allow(NotAction=["kinesis:Put*"]), False),
        (allow(Resource="*"), True),
        (allow(Resource="arn:aws:kinesis:*:*:stream/*"), True),
        (allow(Resource="arn:aws:kinesis:*"), True),
        (allow(Resource="arn:aws:kinesis:us-east-1:000000000000:stream/ride_prediction?"), True),
        (allow(Resource="arn:aws:kinesis:us-east-1:000000000000:stream/Ride_predictions"), False),
        (allow(Resource="arn:aws:kinesis:us-east-1:000000000000:stream/ride.predictions"), False),
        (allow(Resource=["arn:aws:s3:::b", STREAM]), True),
        (allow(NotResource="arn:aws:s3:::*"), True),
        (allow(NotResource=["*ride_*"]), False),
        (allow(Resource="arn:aws:kinesis:*:*:stream/${aws:PrincipalTag/team}*"), False),
        (allow(Resource="arn:aws:kinesis:${aws:RequestedRegion}:*:stream/ride_*"), True),
        (allow(Resource="arn:aws:kinesis:*:*:stream/${aws:username}"), False),
        (allow(Resource="arn:aws:kinesis:*:*:stream/${aws:username, 'ride_predictions'}"), True),
        (allow(Resource="arn:aws:kinesis:*:*:stream/ride${?}predictions"), False),
        (allow(Resource="arn:aws:kinesis:*:*:stream/${wild}"), False),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], allowed: bool) -> None:
    """Actions whatever their case, resources by every letter, `*` and `?` in both."""
    assert asked(policy(statement)).allowed == allowed


def test_a_policy_of_the_old_version_has_no_variables() -> None:
    """There `${…}` is text."""
    statement = allow(Resource="arn:aws:kinesis:${aws:RequestedRegion}:*:stream/ride_*")
    assert not asked(policy(statement, version="2008-10-17")).allowed


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "aws:RequestedRegion", "us-east-1", True),
        ("StringEquals", "AWS:requestedregion", ["eu-west-1", "us-east-1"], True),
        ("StringEquals", "aws:RequestedRegion", "US-EAST-1", False),
        ("StringEquals", "aws:RequestedRegion", "us-*", False),
        ("StringEqualsIgnoreCase", "aws:RequestedRegion", "US-EAST-1", True),
        ("StringNotEquals", "aws:RequestedRegion", ["eu-west-1", "us-east-1"], False),
        ("StringNotEquals", "aws:RequestedRegion", "eu-west-1", True),
        ("StringNotEquals", "aws:SourceArn", "x", True),
        ("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "US-EAST-1", False),
        ("StringLike", "aws:RequestedRegion", "us-*-?", True),
        ("StringLike", "aws:SourceArn", "*", False),
        ("StringNotLike", "aws:RequestedRegion", "us-*", False),
        ("StringLike", "aws:PrincipalTag/team", "${aws:PrincipalTag/team}", True),
        ("StringEquals", "aws:SourceArn", "x", False),
        ("StringEqualsIfExists", "aws:SourceArn", "x", True),
        ("StringEqualsIfExists", "aws:RequestedRegion", "x", False),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::000000000000:role/r", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*", False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", False),
        ("ArnNotEqualsIfExists", "aws:SourceArn", "arn:aws:s3:::b", True),
        ("Bool", "aws:SecureTransport", True, True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("BoolIfExists", "aws:SourceArn", "true", True),
        ("Null", "aws:SourceArn", "true", True),
        ("Null", "aws:SourceArn", "false", False),
        ("Null", "aws:RequestedRegion", False, True),
        ("NumericLessThanEquals", "s3:max-keys", 10, True),
        ("NumericLessThan", "s3:max-keys", "10", False),
        ("NumericGreaterThan", "s3:max-keys", "9.5", True),
        ("NumericNotEquals", "s3:max-keys", 11, True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", False),
        ("DateLessThanEquals", "aws:EpochTime", "1795248000", True),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", True),
        ("NotIpAddress", "aws:SourceIp", ["198.51.100.0/24", "203.0.113.7"], False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a"], False),
        ("ForAllValues:StringEquals", "aws:SourceArn", ["a"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["b"], True),
        ("ForAnyValue:StringEquals", "aws:SourceArn", ["a"], False),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, holds: bool) -> None:
    """A key that a request hasn't got meets no positive operator, and every negative one."""
    assert asked(policy(allow(Condition={operator: {key: wanted}}))).allowed == holds


def test_all_conditions_have_to_hold() -> None:
    """Of several operators, and of several keys of one."""
    true, false = {"aws:RequestedRegion": "us-east-1"}, {"aws:PrincipalTag/team": "bikes"}
    assert asked(policy(allow(Condition={"StringEquals": true}))).allowed
    assert not asked(policy(allow(Condition={"StringEquals": {**true, **false}}))).allowed
    both = {"StringEquals": true, "StringLike": false}
    assert not asked(policy(allow(Condition=both))).allowed


@pytest.mark.parametrize(
    ("policies", "why"),
    [
        ([], f"because no identity-based policy allows the {PUT} action"),
        (
            [policy(allow(Resource="arn:aws:s3:::b"))],
            f"because no identity-based policy allows the {PUT} action",
        ),
        ([policy(allow(), deny())], "with an explicit deny in an identity-based policy"),
        (
            [policy(allow(Resource="*")), policy(deny(Action="*", Resource="*"), arn="arn:x")],
            "with an explicit deny in an identity-based policy: arn:x",
        ),
    ],
)
def test_an_explicit_deny_comes_first(policies: list[Policy], why: str) -> None:
    """And what nothing allows is denied too."""
    assert asked(*policies) == Decision(False, why)


def test_boundary_and_session_policy_narrow_what_is_allowed() -> None:
    """Neither allows anything by itself."""
    role, other = policy(allow()), policy(allow(Action="s3:*", Resource="*"))
    assert asked(role, boundary=[role], session=[role]).allowed
    assert not asked(other, boundary=[role], session=[role]).allowed
    cut = asked(role, boundary=[other])
    assert cut.why == f"because no permissions boundary allows the {PUT} action"
    assert asked(role, boundary=[policy(deny())]).why == (
        "with an explicit deny in a permissions boundary"
    )
    cut = asked(role, session=[other])
    assert cut.why == f"because no session policy allows the {PUT} action"


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ({"StringEquals": {"aws:ResourceTag/team": "x"}}, "condition key aws:ResourceTag/team"),
        ({"BinaryEquals": {"aws:SourceArn": "x"}}, "condition operator BinaryEquals"),
        ({"Sometimes:StringLike": {"aws:SourceArn": "x"}}, "operator Sometimes:StringLike"),
        ({"NumericEquals": {"aws:RequestedRegion": "1"}}, "NumericEquals on aws:RequestedRegion"),
        ({"StringLike": {"aws:PrincipalArn": "${aws:FederatedProvider}"}}, "aws:FederatedProvider"),
    ],
)
def test_what_cannot_be_judged_refuses_and_is_named(condition: Any, what: str) -> None:
    """With its policy, whether it would allow or deny."""
    unsure = asked(policy(allow(Condition=condition)))
    assert not unsure.allowed
    assert what in unsure.unsupported
    assert unsure.unsupported.endswith("in policy p of role r")
    denied = asked(policy(allow(), deny(Condition=condition)))
    assert (denied.allowed, denied.unsupported) == (False, unsure.unsupported)


def test_what_cannot_be_judged_matters_only_where_it_decides() -> None:
    """Not for another action, nor where another statement allows or a condition is false anyway."""
    unknown = {"StringEquals": {"aws:ResourceTag/team": "x"}}
    assert asked(policy(allow(), deny(Action="s3:*", Condition=unknown))).allowed
    assert asked(policy(allow(Condition=unknown), allow())).allowed
    never = {**unknown, "Null": {"aws:RequestedRegion": "true"}}
    assert asked(policy(allow(), deny(Condition=never))).allowed


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"Statement": {"Effect": "Maybe"}}'])
def test_what_is_no_policy_refuses(document: str) -> None:
    """moto checks documents, but not all of them."""
    broken = asked(policy(allow()), Policy("broken of role r", document))
    assert not broken.allowed
    assert "broken of role r" in broken.unsupported


def test_what_depends_on_the_request_alone_is_not_lasting() -> None:
    """The same action on the same resource may be decided otherwise next time."""
    assert asked(policy(allow())).lasting
    assert not asked(policy(allow(Condition={"Bool": {"aws:SecureTransport": "true"}}))).lasting
    assert not asked(policy(allow(Resource="${aws:RequestedRegion}"))).lasting


def test_the_message_is_awss() -> None:
    """As the tutorials show it."""
    why = asked().why
    assert refusal("arn:aws:sts::1:assumed-role/r/f", PUT, STREAM, why) == (
        "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: kinesis:PutRecord "
        f"on resource: {STREAM} because no identity-based policy allows the kinesis:PutRecord "
        "action"
    )


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([allow()], True),
        ([allow(NotResource="arn:aws:s3:::*")], True),
        ([allow(Action="s3:*")], False),
        ([allow(), deny(Resource=STREAM)], True),
        ([allow(), deny(NotResource=STREAM)], True),
        ([allow(), deny(Resource="*")], False),
        ([allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})], False),
    ],
)
def test_the_action_decides_where_the_resource_is_unknown(
    statements: list[dict[str, Any]], allowed: bool
) -> None:
    """A deny of some resources doesn't apply: it may be about another."""
    assert asked(policy(*statements), resource=UNKNOWN).allowed == allowed
