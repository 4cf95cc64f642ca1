"""Sessions of roles, and the policies that they are under: as moto, LocalStack's IAM, keeps them.

Everyone else, the developer first of all, is no session, and may do everything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from localstack.aws.accounts import get_account_id_from_access_key_id
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from devenv.emulator.iam.conditions import Values
from devenv.emulator.iam.decisions import PolicySet
from devenv.emulator.iam.policies import Policy

PREFIXES = ("LSIA", "ASIA")
"""That access keys of sessions begin with: LocalStack's, and AWS's."""
ABSENT = (
    *("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:SourceArn", "aws:SourceAccount"),
    *("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:username", "aws:SourceIdentity"),
    *("aws:PrincipalServiceName", "aws:FederatedProvider", "aws:SourceOrgID"),
)
"""Condition keys that the requests of a role's session don't have on AWS either."""


@dataclass(frozen=True)
class Session:
    """Somebody who has assumed a role."""

    role_arn: str
    name: str
    policy: str | None = field(default=None, repr=False)
    """That AssumeRole was given, to narrow the role's."""
    expires: float = field(default=float("inf"), compare=False)
    """Seconds since the epoch; from then on its key is refused."""

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]

    @property
    def role_name(self) -> str:
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The principal, as messages name it."""
        partition = self.role_arn.split(":")[1]
        return f"arn:{partition}:sts::{self.account}:assumed-role/{self.role_name}/{self.name}"


def session_of(access_key: str, region: str) -> Session | None:
    """Whose the key is; None for all but sessions of roles."""
    if not access_key.startswith(PREFIXES):
        return None
    backend = sts_backends[get_account_id_from_access_key_id(access_key)][get_partition(region)]
    found = backend.get_assumed_role_from_access_key(access_key)
    if found is None:
        return None
    lasts = found.expiration == datetime.max
    expires = float("inf") if lasts else found.expiration.replace(tzinfo=UTC).timestamp()
    return Session(found.role_arn, found.session_name, found.policy or None, expires)


def never_expire(access_key: str, region: str) -> None:
    """Have the session of this key last as long as the emulator."""
    backend = sts_backends[get_account_id_from_access_key_id(access_key)][get_partition(region)]
    if (found := backend.get_assumed_role_from_access_key(access_key)) is not None:
        found.expiration = datetime.max


def known_session(access_key: str, region: str) -> Session | None:
    """As `session_of`. A session never changes, so it's looked for once; a key is nobody's until
    it's made."""
    if not access_key.startswith(PREFIXES):
        return None
    try:
        return _known_session(access_key, region)
    except LookupError:
        return None


@lru_cache(1024)
def _known_session(access_key: str, region: str) -> Session:
    session = session_of(access_key, region)
    if session is None:
        raise LookupError(access_key)
    return session


def policies_of(session: Session) -> PolicySet:
    """As they are now. A role that was deleted has none, which refuses everything."""
    iam = iam_backends[session.account][session.role_arn.split(":")[1]]
    name = session.role_name
    own = [Policy("of the session", session.policy)] if session.policy else None
    try:
        role = iam.get_role(name)
    except NotFoundException:
        return PolicySet([], session=own)
    identity = [
        *(Policy(f"{each} of role {name}", text) for each, text in list(role.policies.items())),
        *map(_managed, list(role.managed_policies.values())),
    ]
    boundary = role.permissions_boundary_arn
    return PolicySet(identity, _boundary(iam, boundary) if boundary else None, own)


def _boundary(iam: Any, arn: str) -> list[Policy]:
    """A boundary that was deleted leaves nothing allowed."""
    try:
        return [_managed(iam.get_policy(arn))]
    except NotFoundException:
        return []


def _managed(policy: Any) -> Policy:
    default = next(version for version in policy.versions if version.is_default)
    return Policy(policy.arn, default.document, policy.arn)


class Keys(Mapping[str, Values | None]):
    """The condition keys of a session's request, by lower-case name. Made only when asked for."""

    def __init__(
        self, session: Session, region: str, resource: str, of_request: Mapping[str, str | None]
    ) -> None:
        self._arguments = session, region, resource, of_request
        self._made: dict[str, Values | None] | None = None

    @property
    def _all(self) -> dict[str, Values | None]:
        if self._made is None:
            self._made = dict(_keys(*self._arguments))
        return self._made

    def __getitem__(self, key: str) -> Values | None:
        if key.startswith("aws:principaltag/"):
            return self._all.get(key)
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def _keys(
    session: Session, region: str, resource: str, of_request: Mapping[str, str | None]
) -> Iterator[tuple[str, Values | None]]:
    now = datetime.now(UTC)
    yield from ((name.lower(), None) for name in ABSENT)
    known = {
        "aws:PrincipalArn": session.role_arn,
        "aws:PrincipalAccount": session.account,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:RequestedRegion": region,
        # AWS is spoken to over TLS; that this emulator is not changes nothing of what is meant.
        "aws:SecureTransport": "true",
        "aws:CurrentTime": now.isoformat(),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ResourceAccount": (resource.split(":")[4:5] or [""])[0] or session.account,
    }
    for name, value in {**known, **of_request}.items():
        yield name.lower(), None if value is None else (value,)
    try:
        role = iam_backends[session.account][session.role_arn.split(":")[1]].get_role(
            session.role_name
        )
    except NotFoundException:
        return
    yield "aws:userid", (f"{role.id}:{session.name}",)
    tags = role.tags or []
    for tag in tags.values() if isinstance(tags, dict) else tags:
        yield f"aws:principaltag/{tag['Key'].lower()}", (tag["Value"],)
