"""Who may assume a role, by its trust policy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.iam.models import iam_backends

from devenv.emulator.iam import trust
from devenv.emulator.iam.principals import Session

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.fixture(autouse=True)
def no_roles() -> Iterator[None]:
    iam_backends[ACCOUNT]["aws"].reset()
    yield
    iam_backends[ACCOUNT]["aws"].reset()


def make_role(principal: Any, **elements: Any) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **elements}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam_backends[ACCOUNT]["aws"].create_role("r", document, "/", None, "", {}, 3600)


def test_a_service_that_is_named_may() -> None:
    make_role({"Service": ["lambda.amazonaws.com"]})
    assert trust.trusts(ROLE, trust.service("lambda"), {}) == "itself"
    assert trust.trusts(ROLE, trust.service("events"), {}) == "none"
    assert trust.trusts(ROLE, trust.developer(ACCOUNT), {}) == "none"


@pytest.mark.parametrize("named", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"])
def test_an_account_that_is_named_lets_in_whom_it_allows_it(named: str) -> None:
    make_role({"AWS": named})
    assert trust.trusts(ROLE, trust.developer(ACCOUNT), {}) == "itself"
    caller = trust.session(Session(f"arn:aws:iam::{ACCOUNT}:role/other", "me"))
    assert trust.trusts(ROLE, caller, {}) == "account"
    assert trust.trusts(ROLE, trust.developer("111111111111"), {}) == "none"


def test_a_role_that_is_named_may_by_that_alone() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    make_role({"AWS": other})
    assert trust.trusts(ROLE, trust.session(Session(other, "me")), {}) == "itself"
    assert trust.trusts(ROLE, trust.session(Session(ROLE, "me")), {}) == "none"


def test_a_condition_has_to_hold() -> None:
    make_role({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "secret"}})
    caller = trust.developer(ACCOUNT)
    assert trust.trusts(ROLE, caller, {"sts:ExternalId": "secret"}) == "itself"
    assert trust.trusts(ROLE, caller, {"sts:ExternalId": "guess"}) == "none"
    assert trust.trusts(ROLE, caller, {}) == "none"


def test_a_role_that_isnt_there_trusts_nobody() -> None:
    for arn in (ROLE, f"arn:aws:iam::{ACCOUNT}:user/r", "r", ""):
        assert trust.trusts(arn, trust.developer(ACCOUNT), {}) == "none"


def test_the_message_is_awss() -> None:
    assert trust.refusal(ROLE, trust.developer(ACCOUNT)) == (
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:AssumeRole on "
        f"resource: {ROLE}"
    )
