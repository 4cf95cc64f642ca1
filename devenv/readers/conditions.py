"""Conditions on the fields of JSON, as they are typed: `prediction.ride_id=156`.

A path goes through objects by names, and through arrays by numbers from 0.
"""

import json
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devenv.errors import BadInput

ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SHAPE = re.compile(r"(?P<path>[^=!<>]+)(?P<operator>!=|<=|>=|=|<|>)(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """`text` as it was typed."""

    text: str
    path: tuple[str, ...]
    operator: str
    value: str

    def holds(self, data: Any) -> bool:
        """Whether it holds of a JSON value. What has no such field meets no condition, but `!=`.

        `156` is the number and the text: whoever types it needn't know which the events have.
        """
        found = _at(data, self.path)
        if found is _MISSING:
            return self.operator == "!="
        as_json = _as_json(self.value)
        meant = [self.value, *as_json]
        if self.operator == "!=":
            return all(not _same(found, each) for each in meant)
        if self.operator == "=":
            return any(_same(found, each) for each in meant)
        compare = ORDER[self.operator]
        return any(
            compare(found, each) for each in as_json or [self.value] if _are_ordered(found, each)
        )


class _Missing:
    pass


_MISSING = _Missing()


def condition(text: str) -> Condition:
    """Raises `BadInput` for what is none."""
    found = SHAPE.fullmatch(text)
    path = tuple(found["path"].strip().split(".")) if found else ()
    if found is None or not all(path):
        raise BadInput(
            f"{text} is no condition: expected FIELD=VALUE, as in prediction.ride_id=156 "
            f"(or !=, {', '.join(ORDER)})."
        )
    return Condition(text, path, found["operator"], found["value"].strip())


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if isinstance(data, dict) and name in data:
            data = data[name]
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            return _MISSING
    return data


def _as_json(text: str) -> list[Any]:
    """What the text is as JSON, if it is any."""
    try:
        return [json.loads(text)]
    except ValueError:
        return []


def _same(found: Any, meant: Any) -> bool:
    """true is not 1, as in JSON."""
    return isinstance(found, bool) == isinstance(meant, bool) and found == meant


def _are_ordered(found: Any, meant: Any) -> bool:
    numbers = (int, float)
    if isinstance(found, bool) or isinstance(meant, bool):
        return False
    if isinstance(found, numbers):
        return isinstance(meant, numbers)
    return isinstance(found, str) and isinstance(meant, str)
