"""Policy documents: their statements, and which of them a request meets.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from devenv.emulator.iam.conditions import Conditions, Context, Unsupported, literal, matches

WITH_VARIABLES = "2012-10-17"
"""The version of the policy language in which `${…}` stands for a value of the request."""
UNKNOWN = "(unknown)"
"""The resource of a request of which the emulator can't tell it: its action decides. A statement
that allows is about it, whatever resources it names; one that denies only if it names them all."""
ELEMENTS = frozenset(
    ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
"""Of a statement of an identity-based policy. One with any other can't be judged."""


@dataclass(frozen=True)
class Statement:
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    except_actions: bool
    """Whether it is about all actions but these: NotAction."""
    except_resources: bool
    conditions: Conditions
    unknown: tuple[str, ...]
    """Elements that aren't evaluated here."""

    def meets(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement is about the request. Raises Unsupported if that can't be said."""
        named = any(matches(a.lower(), action.lower()) for a in self.actions)
        if named == self.except_actions:
            return False
        if self.unknown:
            raise Unsupported(f"element {', '.join(self.unknown)}")
        return self._is_about(resource, context) and self.conditions.hold(context)

    def _is_about(self, resource: str, context: Context) -> bool:
        if resource == UNKNOWN:
            names_all = "*" in self.resources and not self.except_resources
            return self.effect == "Allow" or names_all
        found = any(self._is_resource(pattern, resource, context) for pattern in self.resources)
        return found != self.except_resources

    def _is_resource(self, pattern: str, resource: str, context: Context) -> bool:
        filled = context.fill(pattern) if self.conditions.variables else literal(pattern)
        return filled is not None and matches(filled, resource)


@dataclass(frozen=True)
class Policy:
    """A document, and what it's called in messages and in the log."""

    name: str
    document: str
    arn: str | None = None
    """Of a managed policy; an inline one has none."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        return parse(self.document)


@lru_cache(1024)
def parse(document: str) -> tuple[Statement, ...]:
    """Its statements. Raises Unsupported for what is no policy document."""
    try:
        content = json.loads(document)
        variables = content.get("Version") == WITH_VARIABLES
        return tuple(read_statement(each, variables) for each in _several(content["Statement"]))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise Unsupported(f"document, which is not one of IAM's ({type(e).__name__}: {e})") from e


def read_statement(content: Mapping[str, Any], variables: bool) -> Statement:
    """A statement of a document; `variables` says whether `${…}` is one in it."""
    if content["Effect"] not in ("Allow", "Deny"):
        raise ValueError(f"Effect {content['Effect']}")
    return Statement(
        content["Effect"],
        tuple(_several(content.get("NotAction") or content["Action"])),
        tuple(_several(content.get("NotResource") or content["Resource"])),
        "NotAction" in content,
        "NotResource" in content,
        Conditions.read(content.get("Condition") or {}, variables),
        tuple(sorted(content.keys() - ELEMENTS)),
    )


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
