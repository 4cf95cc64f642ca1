"""Allowed or refused: what all of a session's policies together say, and AWS's words for it.

Explicit deny first. What is allowed has to be so by the role's own policies, by its permissions
boundary and by the session's policy, as far as there are any.

Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

from devenv.emulator.iam.conditions import Context, Unsupported
from devenv.emulator.iam.policies import Policy


@dataclass(frozen=True)
class PolicySet:
    """Those that a session is under. None is for a kind of policy that it hasn't got."""

    identity: Sequence[Policy]
    boundary: Sequence[Policy] | None = None
    session: Sequence[Policy] | None = None


@dataclass(frozen=True)
class Decision:
    allowed: bool
    why: str = ""
    """How AWS's message goes on, if it is refused."""
    unsupported: str = ""
    """What couldn't be judged, and in which policy, if it's refused for that."""
    lasting: bool = True
    """Whether it is so for every request for this action on this resource."""


def decide(policies: PolicySet, action: str, resource: str, context: Context) -> Decision:
    kinds = [
        ("an identity-based policy", "no identity-based policy", policies.identity),
        ("a permissions boundary", "no permissions boundary", policies.boundary),
        ("a session policy", "no session policy", policies.session),
    ]
    found = [
        (denier, no_one, _judge(of_kind, action, resource, context))
        for denier, no_one, of_kind in kinds
        if of_kind is not None
    ]
    lasting = not context.consulted
    for denier, _, judged in found:
        if judged.denied_by is not None:
            arn = f": {judged.denied_by.arn}" if judged.denied_by.arn else ""
            return Decision(False, f"with an explicit deny in {denier}{arn}", lasting=lasting)
    for denier, no_one, judged in found:
        why = f"because {no_one} allows the {action} action"
        if judged.unsure_deny:
            return Decision(
                False, f"with an explicit deny in {denier}", judged.unsure_deny, lasting
            )
        if not judged.allowed:
            return Decision(False, why, judged.unsure_allow, lasting)
    return Decision(True, lasting=lasting)


@dataclass
class _Judged:
    """What the policies of one kind say."""

    allowed: bool = False
    denied_by: Policy | None = None
    unsure_allow: str = ""
    """A statement that may allow it, but can't be judged; "" if there's none."""
    unsure_deny: str = ""


def _judge(policies: Sequence[Policy], action: str, resource: str, context: Context) -> _Judged:
    judged = _Judged()
    for policy in policies:
        try:
            statements = policy.statements
        except Unsupported as e:
            judged.unsure_deny = f"{e} in policy {policy.name}"
            continue
        for statement in statements:
            denies = statement.effect == "Deny"
            try:
                if not statement.meets(action, resource, context):
                    continue
            except Unsupported as e:
                what = f"{e} in policy {policy.name}"
                if denies:
                    judged.unsure_deny = what
                else:
                    judged.unsure_allow = what
                continue
            if denies:
                judged.denied_by = policy
            judged.allowed = judged.allowed or not denies
    return judged


def refusal(principal: str, action: str, resource: str, why: str) -> str:
    """AWS's message. `resource` is as it is shown there, "" where none is."""
    where = f" on resource: {resource}" if resource else ""
    return f"User: {principal} is not authorized to perform: {action}{where} {why}"
