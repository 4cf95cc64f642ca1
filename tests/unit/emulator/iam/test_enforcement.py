"""Decisions are made once and counted, until IAM changes; what can't be judged is logged."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from devenv.emulator.iam import enforcement as module
from devenv.emulator.iam.decisions import PolicySet
from devenv.emulator.iam.enforcement import Denied, Enforcement, Need
from devenv.emulator.iam.policies import UNKNOWN, Policy
from devenv.emulator.iam.principals import Session

FUNCTION = Session("arn:aws:iam::000000000000:role/team/r", "f")
PUT = Need("kinesis:PutRecord", "arn:aws:kinesis:us-east-1:000000000000:stream/s")


@dataclass
class Role:
    """A role whose one statement a test changes."""

    statement: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    def __call__(self, session: Session) -> PolicySet:
        self.asked += 1
        statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **self.statement}
        return PolicySet([Policy("p of role r", json.dumps({"Statement": statement}))])


def test_a_decision_is_made_once_until_iam_changes() -> None:
    """For each record batch there's no more to do than to look it up."""
    role = Role({"Action": "kinesis:*"})
    asked = Enforcement(role)
    for _ in range(3):
        asked.check(FUNCTION, PUT, "us-east-1")
    assert role.asked == 1
    role.statement = {}
    asked.check(FUNCTION, PUT, "us-east-1")
    asked.forget()
    with pytest.raises(Denied) as denied:
        asked.check(FUNCTION, PUT, "us-east-1")
    assert str(denied.value) == (
        "User: arn:aws:sts::000000000000:assumed-role/r/f is not authorized to perform: "
        "kinesis:PutRecord on resource: arn:aws:kinesis:us-east-1:000000000000:stream/s because no "
        "identity-based policy allows the kinesis:PutRecord action"
    )


def test_what_depends_on_the_request_is_decided_each_time() -> None:
    """A listing of one prefix is allowed, of another it isn't."""
    condition = {"StringLike": {"s3:prefix": "models/*"}}
    asked = Enforcement(Role({"Condition": condition}))
    bucket = "arn:aws:s3:::b"
    for prefix, allowed in (("models/1", True), ("other/1", False), ("models/2", True)):
        need = Need("s3:ListBucket", bucket, keys={"s3:prefix": prefix})
        assert asked.decide(FUNCTION, need, "us-east-1").allowed == allowed


def test_the_record_counts_by_role_action_resource_and_answer() -> None:
    """What doctor compares a role with."""
    asked = Enforcement(Role())
    for _ in range(2):
        asked.decide(FUNCTION, PUT, "us-east-1")
    asked.decide(FUNCTION, Need("s3:GetObject", "arn:aws:s3:::b/k"), "us-east-1")
    common = {"role": FUNCTION.role_arn}
    assert asked.record() == [
        {
            **common,
            "action": PUT.action,
            "resource": PUT.resource,
            "allowed": False,
            "count": 2,
        },
        {
            **common,
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k",
            "allowed": True,
            "count": 1,
        },
    ]


def test_record_and_decisions_do_not_grow_without_bound() -> None:
    """A function may read a new object each time; what is asked for again and again stays."""
    asked = Enforcement(Role())
    for number in range(module.REMEMBERED + 10):
        asked.decide(FUNCTION, Need("s3:GetObject", f"arn:aws:s3:::b/{number}"), "us-east-1")
        asked.decide(FUNCTION, PUT, "us-east-1")
    assert len(asked.record()) == module.RECORDED
    assert asked.record()[-1]["count"] == module.REMEMBERED + 10


def test_what_cannot_be_judged_is_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    """And refused, in AWS's words."""
    condition = {"StringEquals": {"aws:ResourceTag/team": "rides"}}
    asked = Enforcement(Role({"Condition": condition}))
    with pytest.raises(Denied, match="is not authorized to perform: s3:GetObject"):
        asked.check(FUNCTION, Need("s3:GetObject", "arn:aws:s3:::b/k"), "us-east-1")
    (line,) = caplog.messages
    assert "condition key aws:ResourceTag/team in policy p of role r" in line
    assert "DEVENV_ENFORCE_IAM=0" in line


def test_everyone_may_ask_who_they_are() -> None:
    """Even a role without any policy."""
    Enforcement(Role()).check(FUNCTION, Need("sts:GetCallerIdentity", "*"), "us-east-1")


def test_an_unknown_resource_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """For each action; who is refused reads of `*`, as where AWS names none."""
    asked = Enforcement(Role({"Action": "glue:*", "Resource": "arn:aws:glue:::job/j"}))
    for _ in range(2):
        asked.check(FUNCTION, Need("glue:GetJob", UNKNOWN), "us-east-1")
    assert [r.message for r in caplog.records if "glue:GetJob" in r.message] == [
        "Which resource glue:GetJob is about the emulator can't tell: policies decide by the "
        "action alone. AWS looks at Resource, too."
    ]
    with pytest.raises(Denied, match=r"glacier:ListVaults on resource: \* because"):
        asked.check(FUNCTION, Need("glacier:ListVaults", UNKNOWN), "us-east-1")
