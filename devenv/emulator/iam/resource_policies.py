"""Policies of resources: a bucket's, a queue's, and a role's trust policy. They name principals.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from devenv.emulator.iam.conditions import Context, Unsupported
from devenv.emulator.iam.policies import WITH_VARIABLES, Statement, read_statement

ON_ITSELF = "*"
"""The resource of a statement that has none: a trust policy's."""


@dataclass(frozen=True)
class Principal:
    """Who asks, by all the names that a policy may give them."""

    kind: Literal["AWS", "Service"]
    names: frozenset[str] = field(default_factory=frozenset)

    def is_named_by(self, element: Any) -> bool:
        """Whether a statement's Principal names it. "*" is anyone with or without credentials."""
        if element == "*":
            return self.kind == "AWS"
        values = element.get(self.kind, ()) if isinstance(element, Mapping) else ()
        named = [values] if isinstance(values, str) else values
        return any(name == "*" or name in self.names for name in named)


ANYONE = Principal("AWS")
"""Somebody without credentials."""


def allows(
    document: str, principal: Principal, action: str, resource: str, context: Context
) -> bool:
    """Whether the policy lets the principal do this; a Deny that meets the request wins.

    Raises Unsupported if that can't be judged.
    """
    allowed = False
    for element, statement in _statements(document):
        if not principal.is_named_by(element):
            continue
        if statement.meets(action, resource, context):
            if statement.effect == "Deny":
                return False
            allowed = True
    return allowed


def _statements(document: str) -> Iterator[tuple[Any, Statement]]:
    """Each statement with its Principal."""
    try:
        content = json.loads(document)
        variables = content.get("Version") == WITH_VARIABLES
        found = content["Statement"]
        for each in found if isinstance(found, list) else [found]:
            if "NotPrincipal" in each:
                raise Unsupported("element NotPrincipal")
            rest = {name: value for name, value in each.items() if name != "Principal"}
            rest.setdefault("Resource", ON_ITSELF)
            yield each.get("Principal"), read_statement(rest, variables)
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise Unsupported(f"document, which is not one of IAM's ({type(e).__name__}: {e})") from e
