"""A statement's conditions: IAM's operators, the keys that are known here, and policy variables.

What isn't known is never taken for true or false: it raises Unsupported, and the request is
refused with a line in the log.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERALS = {"*", "?", "$"}
"""What `${*}` and the like stand for: the character itself."""
type Values = tuple[str, ...]


class Unsupported(Exception):
    """A part of a policy that can't be judged here; its text names the part."""


@dataclass
class Context:
    """The request's condition keys, in lower case; None for one that this request hasn't got."""

    keys: Mapping[str, Values | None]
    consulted: bool = False
    """Whether any was asked for: then another request may be decided otherwise."""

    def values(self, key: str) -> Values | None:
        self.consulted = True
        try:
            return self.keys[key.lower()]
        except KeyError:
            raise Unsupported(f"condition key {key}") from None

    def fill(self, pattern: str) -> str | None:
        """`pattern` with its variables' values; None if one has none (then nothing matches)."""
        filled, end = "", 0
        for found in VARIABLE.finditer(pattern):
            name, _, default = (part.strip() for part in found[1].partition(","))
            if name in LITERALS:
                value = _escaped(name)
            else:
                values = self.values(name) or ((default.strip("'"),) if default else None)
                if values is None:
                    return None
                if len(values) > 1:
                    raise Unsupported(f"policy variable {found[0]}, which has several values")
                value = _escaped(values[0])
            filled, end = filled + pattern[end : found.start()] + value, found.end()
        return filled + pattern[end:]


def _escaped(value: str) -> str:
    """What a variable stands for is no pattern: its `*` and `?` are meant as they are."""
    return re.sub(r"([*?\\])", r"\\\1", value)


def literal(pattern: str) -> str:
    return pattern.replace("\\", "\\\\")


@lru_cache(4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` is any text, `?` any character; after a backslash either is itself."""
    special = {"*": ".*", "?": "."}
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    text = "".join(special.get(p) or re.escape(p[-1]) for p in parts)
    return re.compile(text, re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


def _matches_arn(pattern: str, text: str) -> bool:
    """Part by part, the sixth to the end: a wildcard does not reach over a colon."""
    wanted, found = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(found) and all(map(matches, wanted, found))


def _number(text: str) -> float:
    return float(text)


def _date(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_in(text: str, network: str) -> bool:
    return ip_address(text) in ip_network(network, strict=False)


type Test = Callable[[str, str], bool]
"""Of the request's value and the policy's."""
ORDER: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def _ordered(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Test:
    return lambda value, wanted: compare(read(value), read(wanted))


def _same(value: str, wanted: str) -> bool:
    return value == _plain(wanted)


def _plain(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern)


POSITIVE: dict[str, Test] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == _plain(wanted).lower(),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "IpAddress": _is_in,
    "ArnEquals": lambda value, wanted: _matches_arn(wanted, value),
    "ArnLike": lambda value, wanted: _matches_arn(wanted, value),
    **{f"Numeric{name}": _ordered(_number, compare) for name, compare in ORDER.items()},
    **{f"Date{name}": _ordered(_date, compare) for name, compare in ORDER.items()},
}
NEGATIVE: dict[str, Test] = {
    "StringNotEquals": POSITIVE["StringEquals"],
    "StringNotEqualsIgnoreCase": POSITIVE["StringEqualsIgnoreCase"],
    "StringNotLike": POSITIVE["StringLike"],
    "NotIpAddress": POSITIVE["IpAddress"],
    "ArnNotEquals": POSITIVE["ArnEquals"],
    "ArnNotLike": POSITIVE["ArnLike"],
    "NumericNotEquals": POSITIVE["NumericEquals"],
    "DateNotEquals": POSITIVE["DateEquals"],
}
"""True where none of the policy's values is met."""
BY_NAME = {name.lower(): name for name in (*POSITIVE, *NEGATIVE, "Null")}


@dataclass(frozen=True)
class Condition:
    """One operator on one key."""

    operator: str
    key: str
    wanted: Values

    def holds(self, context: Context, variables: bool) -> bool:
        """Raises Unsupported for an operator or key that isn't known."""
        prefix, _, name = self.operator.rpartition(":")
        if_exists = name.lower().endswith("ifexists")
        operator = BY_NAME.get((name[: -len("IfExists")] if if_exists else name).lower())
        if operator is None or prefix.lower() not in ("", "forallvalues", "foranyvalue"):
            raise Unsupported(f"condition operator {self.operator}")
        values = context.values(self.key)
        if operator == "Null":
            return any((values is None) == (wanted.lower() == "true") for wanted in self.wanted)
        if if_exists and values is None:
            return True
        wanted = self._filled(context, variables)
        try:
            return _judged(operator, prefix.lower(), values, wanted)
        except ValueError as e:
            raise Unsupported(f"condition {self.operator} on {self.key}: {e}") from e

    def _filled(self, context: Context, variables: bool) -> Values:
        if not variables:
            return tuple(map(literal, self.wanted))
        filled = (context.fill(wanted) for wanted in self.wanted)
        return tuple(wanted for wanted in filled if wanted is not None)


def _judged(operator: str, prefix: str, values: Values | None, wanted: Values) -> bool:
    """A missing key meets no positive operator, every negative one, and ForAllValues."""
    positive = operator in POSITIVE
    test = POSITIVE[operator] if positive else NEGATIVE[operator]

    def one(value: str) -> bool:
        return any(test(value, each) for each in wanted) == positive

    if values is None:
        return prefix == "forallvalues" or (not positive and prefix != "foranyvalue")
    if prefix == "foranyvalue":
        return any(map(one, values))
    return all(map(one, values))


@dataclass(frozen=True)
class Conditions:
    """All of a statement's; all have to hold."""

    all: tuple[Condition, ...] = ()
    variables: bool = True
    """Whether `${…}` is a variable, in the whole statement."""

    @classmethod
    def read(cls, content: Mapping[str, Mapping[str, Any]], variables: bool) -> "Conditions":
        found = [
            Condition(operator, key, tuple(_text(value) for value in _several(wanted)))
            for operator, keys in content.items()
            for key, wanted in keys.items()
        ]
        return cls(tuple(found), variables)

    def hold(self, context: Context) -> bool:
        """One that certainly doesn't hold decides, whatever else can't be judged."""
        unsupported: Unsupported | None = None
        for condition in self.all:
            try:
                if not condition.holds(context, self.variables):
                    return False
            except Unsupported as e:
                unsupported = e
        if unsupported:
            raise unsupported
        return True


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """JSON's true is "true" in a policy."""
    return str(value).lower() if isinstance(value, bool) else str(value)
