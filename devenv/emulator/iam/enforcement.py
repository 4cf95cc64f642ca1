"""Asking whether a session may do something: decided once, remembered until IAM changes, counted.

A decision that depends on nothing but the action and the resource is kept, so that what is asked
for each record batch costs no more than a look into a dictionary.
"""

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from devenv.emulator.iam.conditions import Context
from devenv.emulator.iam.decisions import Decision, PolicySet, decide, refusal
from devenv.emulator.iam.policies import UNKNOWN
from devenv.emulator.iam.principals import Keys, Session, policies_of

log = logging.getLogger(__name__)

REMEMBERED, RECORDED = 4096, 1024
"""Decisions, and lines of the record; beyond these the oldest go."""
ALWAYS_ALLOWED = frozenset(("sts:GetCallerIdentity",))
"""Whatever the policies say: AWS tells everyone who they are."""


@dataclass(frozen=True)
class Need:
    """What a request needs: one action on one resource."""

    action: str
    resource: str
    """An ARN, "*" for an action that is about none, or UNKNOWN."""
    shown: str | None = None
    """The resource in the words of its service's message, if that isn't its ARN."""
    keys: Mapping[str, str | None] = field(default_factory=dict)
    """Condition keys that only this service's requests have; None for one that this one hasn't."""
    named: str | None = None
    """The action in the words of its service's message."""


class Denied(Exception):
    """A session may not do what it asks for; the text is AWS's message."""


@dataclass
class Enforcement:
    policies_of: Callable[[Session], PolicySet] = policies_of
    _decided: dict[tuple[Session, str, str], Decision] = field(default_factory=dict)
    _record: OrderedDict[tuple[str, str, str, bool], int] = field(default_factory=OrderedDict)
    _told: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, session: Session, need: Need, region: str) -> None:
        """Raise Denied unless the session's policies allow it."""
        decision = self.decide(session, need, region)
        if need.resource == UNKNOWN:
            self._tell_once(need.action)
        if decision.allowed:
            return
        if decision.unsupported:
            log.error(
                "%s is refused %s on %s: the emulator can't judge %s. Remove it, or switch "
                "enforcement off (DEVENV_ENFORCE_IAM=0).",
                *(session.arn, need.action, need.resource, decision.unsupported),
            )
        shown = need.resource if need.shown is None else need.shown
        shown = "*" if shown == UNKNOWN else shown
        why = decision.why.replace(need.action, need.named or need.action)
        raise Denied(refusal(session.arn, need.named or need.action, shown, why))

    def decide(self, session: Session, need: Need, region: str) -> Decision:
        """And write it down."""
        key = session, need.action, need.resource
        decided = self._decided
        decision = decided.get(key)
        if decision is None:
            decision = self._judge(session, need, region)
            if decision.lasting:
                if len(decided) >= REMEMBERED:
                    decided.clear()
                # Not into the next dictionary, should IAM have changed meanwhile.
                decided[key] = decision
        self._count((session.role_arn, need.action, need.resource, decision.allowed))
        return decision

    def forget(self) -> None:
        """IAM has changed: decide anew."""
        self._decided = {}

    def record(self) -> list[dict[str, Any]]:
        """What was asked for, by whom, and how often, for `/_devenv/permissions`."""
        with self._lock:
            found = list(self._record.items())
        names = ("role", "action", "resource", "allowed")
        return [{**dict(zip(names, key, strict=True)), "count": count} for key, count in found]

    def _tell_once(self, action: str) -> None:
        if action not in self._told:
            self._told.add(action)
            log.warning(
                "Which resource %s is about the emulator can't tell: policies decide by the action "
                "alone. AWS looks at Resource, too.",
                action,
            )

    def _judge(self, session: Session, need: Need, region: str) -> Decision:
        if need.action in ALWAYS_ALLOWED:
            return Decision(True)
        context = Context(Keys(session, region, need.resource, need.keys))
        return decide(self.policies_of(session), need.action, need.resource, context)

    def _count(self, key: tuple[str, str, str, bool]) -> None:
        with self._lock:
            self._record[key] = self._record.get(key, 0) + 1
            self._record.move_to_end(key)
            if len(self._record) > RECORDED:
                self._record.popitem(last=False)


@cache
def enforcement() -> Enforcement:
    """The one of this process."""
    return Enforcement()


@cache
def is_on() -> bool:
    """DEVENV_ENFORCE_IAM=0 switches it off."""
    return os.environ.get("DEVENV_ENFORCE_IAM", "1") != "0"
