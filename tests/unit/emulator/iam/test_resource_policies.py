"""What policies with principals allow: to everybody, to accounts, to services."""

import json
from typing import Any

import pytest

from devenv.emulator.iam.conditions import Context, Unsupported
from devenv.emulator.iam.resource_policies import ANYONE, Principal, allows

BUCKET = "arn:aws:s3:::b/*"
OBJECT = "arn:aws:s3:::b/key"


def statement(**elements: Any) -> dict[str, Any]:
    usual = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": BUCKET}
    return {**usual, **elements}


def anyone_may(*statements: dict[str, Any], principal: Principal = ANYONE) -> bool:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return allows(document, principal, "s3:GetObject", OBJECT, Context({"aws:username": None}))


@pytest.mark.parametrize("everybody", ["*", {"AWS": "*"}, {"AWS": ["1", "*"]}])
def test_everybody_may_what_is_allowed_to_everybody(everybody: Any) -> None:
    assert anyone_may(statement(Principal=everybody))


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": {"AWS": "000000000000"}},
        {"Principal": {"Service": "*"}},
        {"Principal": {"CanonicalUser": "*"}},
        {"Action": "s3:PutObject"},
        {"Resource": "arn:aws:s3:::b"},
        {"Effect": "Deny"},
        {"Condition": {"StringEquals": {"aws:username": "me"}}},
    ],
)
def test_nothing_else_lets_everybody_in(elements: dict[str, Any]) -> None:
    assert not anyone_may(statement(**elements))


def test_a_deny_wins() -> None:
    assert not anyone_may(statement(), statement(Effect="Deny", Action="s3:*"))


def test_a_named_account_may() -> None:
    principal = Principal("AWS", frozenset(("111111111111",)))
    assert anyone_may(statement(Principal={"AWS": "111111111111"}), principal=principal)
    assert not anyone_may(statement(Principal={"AWS": "222222222222"}), principal=principal)


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"Statement": [{"Effect": "Maybe"}]}'])
def test_what_is_no_policy_cant_be_judged(document: str) -> None:
    with pytest.raises(Unsupported):
        allows(document, ANYONE, "s3:GetObject", OBJECT, Context({}))


def test_not_principal_cant_be_judged() -> None:
    with pytest.raises(Unsupported, match="NotPrincipal"):
        anyone_may({**statement(), "NotPrincipal": {"AWS": "1"}})
