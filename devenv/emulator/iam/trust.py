"""Who may assume a role: what its trust policy says, of services, accounts and other roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_logic-cross-account.html
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from moto.iam.models import iam_backends

from devenv.emulator.iam.conditions import Context, Unsupported
from devenv.emulator.iam.principals import Session
from devenv.emulator.iam.resource_policies import Principal, allows

LOG = logging.getLogger(__name__)

ACTION = "sts:AssumeRole"


@dataclass(frozen=True)
class Applicant:
    """Who wants to assume a role."""

    shown: str
    """As AWS's message names it."""
    itself: Principal
    """By the names that are its own."""
    account: Principal | None = None
    """By those of its account, which may let it in further by its own policies."""


KEYS = (
    "sts:ExternalId",
    "sts:RoleSessionName",
    "aws:PrincipalArn",
    "aws:SourceArn",
    "aws:SourceAccount",
)
"""Condition keys that a request to assume a role may have."""

type Trust = Literal["itself", "account", "none"]


def service(name: str) -> Applicant:
    """A service of AWS: `lambda`, or `lambda.amazonaws.com`."""
    host = name if "." in name else f"{name}.amazonaws.com"
    return Applicant(host, Principal("Service", frozenset((host,))))


def developer(account: str) -> Applicant:
    """Whoever uses the emulator with keys of their own: the account's root, to its policies."""
    return Applicant(f"arn:aws:iam::{account}:root", _account(account))


def session(caller: Session) -> Applicant:
    names = frozenset((caller.role_arn, caller.arn))
    return Applicant(caller.arn, Principal("AWS", names), _account(caller.account))


def _account(number: str) -> Principal:
    return Principal("AWS", frozenset((number, f"arn:aws:iam::{number}:root")))


def trusts(role_arn: str, applicant: Applicant, keys: Mapping[str, str]) -> Trust:
    """What of the applicant the role's trust policy names; "none" if there's no such role, too.

    `keys` are the request's condition keys: of `KEYS`, those that it has.
    """
    document = trust_policy(role_arn)
    if document is None:
        return "none"
    context = Context({name.lower(): (keys[name],) if name in keys else None for name in KEYS})
    try:
        if allows(document, applicant.itself, ACTION, "*", context):
            return "itself"
        if applicant.account and allows(document, applicant.account, ACTION, "*", context):
            return "account"
    except Unsupported as e:
        LOG.error(
            "%s may not assume %s: the emulator can't judge %s of its trust policy. Remove it, or "
            "switch enforcement off (DEVENV_ENFORCE_IAM=0).",
            *(applicant.shown, role_arn, e),
        )
    return "none"


def trust_policy(role_arn: str) -> str | None:
    """The document of a role that exists."""
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam":
        return None
    roles: Mapping[str, Any] = iam_backends[parts[4]][parts[1]].roles
    found = next((role for role in list(roles.values()) if role.arn == role_arn), None)
    return found.assume_role_policy_document if found else None


def refusal(role_arn: str, applicant: Applicant) -> str:
    """AWS's message."""
    return f"User: {applicant.shown} is not authorized to perform: {ACTION} on resource: {role_arn}"
