"""Whether a bucket's policy makes it public, as GetBucketPolicyStatus tells: LocalStack lacks it.

AWS takes a policy for public unless each of its grants is to fixed principals, or is bound by a
condition to fixed values: no wildcards, no variables. The networks of aws:SourceIp may be any but
very wide ones.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

BINDING = frozenset(
    key.lower()
    for key in (
        *("aws:SourceArn", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceOwner"),
        *("aws:SourceAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:userid"),
        *("aws:PrincipalAccount", "aws:PrincipalArn", "s3:DataAccessPointArn"),
        *("s3:DataAccessPointAccount", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
    )
)
"""Condition keys that bind a grant to somebody."""
WIDEST = {4: 8, 6: 32}
"""The shortest prefix of a network that isn't everybody, by IP's version."""
EQUAL = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase")


def is_public(policy: str) -> bool:
    return any(_grants_to_all(statement) for statement in _statements(policy))


def _statements(policy: str) -> Iterator[Mapping[str, Any]]:
    found = json.loads(policy)["Statement"]
    yield from found if isinstance(found, list) else [found]


def _grants_to_all(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    if "NotPrincipal" not in statement and not _is_everybody(statement.get("Principal")):
        return False
    conditions = statement.get("Condition") or {}
    return not any(_binds(operator, tests) for operator, tests in conditions.items())


def _is_everybody(principal: Any) -> bool:
    if not isinstance(principal, Mapping):
        return bool(principal == "*")
    return any("*" in _several(principal.get(kind, ())) for kind in ("AWS", "CanonicalUser"))


def _binds(operator: str, tests: Mapping[str, Any]) -> bool:
    """Whether what the operator asks for is bound to fixed values of one key at least."""
    plain = operator.lower().removeprefix("forallvalues:").removeprefix("foranyvalue:")
    for key, value in tests.items():
        values = [str(each) for each in _several(value)]
        if key.lower() == "aws:sourceip" and plain == "ipaddress":
            return all(map(_is_narrow, values))
        if key.lower() in BINDING and plain in EQUAL:
            return all(map(_is_fixed, values))
    return False


def _is_fixed(value: str) -> bool:
    return not any(sign in value for sign in ("*", "?", "${"))


def _is_narrow(network: str) -> bool:
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return found.prefixlen >= WIDEST[found.version]


def _several(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)
