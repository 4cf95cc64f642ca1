"""Requests checked against AWS's own model of the API, before any operation sees them.

A value of the wrong kind is a SerializationException, one outside the model's limits a
ValidationException that lists all of them, in AWS's words. What passes has plain Python types:
blobs are bytes, timestamps are seconds as float. Unknown members and nulls are dropped.
"""

import binascii
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from localstack.aws.spec import load_service

from devenv.emulator.kinesis.wire import blobs
from devenv.emulator.kinesis.wire.errors import (
    serialization_error,
    shown_blob,
    unexpected,
    validation_error,
    violation,
)

type Check = Callable[[Any, str | None, list[str]], Any]
"""Takes a value, where it stands, and the list of violations to add to; gives the value.

Where is None at first: only a request with violations is gone through again for the names."""

FURTHEST_TIMESTAMP = 2.0**40


def checked(operation: str, request: Any) -> dict[str, Any]:
    """The request with proper types. Raises what AWS answers if it can't be had."""
    violations: list[str] = []
    result: dict[str, Any] = _input_check(operation)(request, None, violations)
    if violations:
        violations.clear()
        _input_check(operation)(request, "", violations)
        raise validation_error(violations)
    return result


@cache
def _input_check(operation: str) -> Check:
    shape = load_service("kinesis").operation_model(operation).input_shape
    return _check_for(shape)


def _check_for(shape: Any) -> Check:
    if shape.name == "PutRecordsRequestEntry":
        return _record(shape)
    return _KINDS[shape.type_name](shape)


def _structure(shape: Any) -> Check:
    members = {
        name: (_check_for(member), name[0].lower() + name[1:])
        for name, member in shape.members.items()
    }
    required = {name: members[name][1] for name in shape.required_members}

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if not isinstance(value, dict):
            raise unexpected(value, "structure")
        result = {}
        for name, member in value.items():
            if member is not None and (found := members.get(name)):
                result[name] = found[0](member, _inside(where, found[1]), violations)
        for name, shown in required.items():
            if name not in result:
                place = _inside(where, shown)
                violations.append(violation(None, place, "Member must not be null"))
        return result

    return check


def _record(shape: Any) -> Check:
    """An entry of PutRecords. Hundreds come at a time, nearly all of them just a key and data."""
    generic = _structure(shape)
    longest = shape.members["PartitionKey"].metadata["max"]
    largest = shape.members["Data"].metadata["max"]
    of_one, of_two = blobs.LAST_OF_ONE_BYTE, blobs.LAST_OF_TWO_BYTES

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        try:
            key, data = value["PartitionKey"], value["Data"]
            plain = len(value) == 2 and type(key) is str and type(data) is str
            if plain and 0 < len(key) <= longest:
                found = binascii.a2b_base64(data, strict_mode=True)
                if len(found) <= largest and (
                    not data
                    or data[-1] != "="
                    or (data[-3] in of_one if data[-2] == "=" else data[-2] in of_two)
                ):  # As blobs.has_stray_bits, without a call.
                    return {"PartitionKey": key, "Data": found}
        except (KeyError, TypeError, ValueError):
            pass
        return generic(value, where, violations)

    return check


def _list(shape: Any) -> Check:
    member_check = _check_for(shape.member)
    length = _length(shape)

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if not isinstance(value, list):
            raise unexpected(value, "list")
        length(value, where, violations, f"[{len(value)} members]")
        if where is None and None not in value:
            return [member_check(member, None, violations) for member in value]
        return [
            member_check(_not_null(member), _inside(where, number, "member"), violations)
            for number, member in enumerate(value, 1)
        ]

    return check


def _map(shape: Any) -> Check:
    key_check, value_check = _check_for(shape.key), _check_for(shape.value)
    length = _length(shape)

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if not isinstance(value, dict):
            raise unexpected(value, "map")
        length(value, where, violations, f"{{{len(value)} members}}")
        return {
            key_check(key, _inside(where, "key"), violations): value_check(
                _not_null(member), _inside(where, key, "member"), violations
            )
            for key, member in value.items()
        }

    return check


def _string(shape: Any) -> Check:
    length = _length(shape)
    enum = list(getattr(shape, "enum", []) or [])
    source = shape.metadata.get("pattern")
    # Anchored as AWS anchors them; `$` would let a newline at the end pass.
    pattern = re.compile(f"(?:{source})") if source else None

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if not isinstance(value, str):
            raise unexpected(value, "String")
        if enum and value not in enum:
            constraint = f"Member must satisfy enum value set: [{', '.join(enum)}]"
            violations.append(violation(value, where, constraint))
            return value
        length(value, where, violations, value)
        if pattern and not pattern.fullmatch(value):
            constraint = f"Member must satisfy regular expression pattern: {source}"
            violations.append(violation(value, where, constraint))
        return value

    return check


def _blob(shape: Any) -> Check:
    length = _length(shape)

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if isinstance(value, str):
            value = blobs.decoded(value)
        elif not isinstance(value, bytes):
            raise unexpected(value, "Blob")
        length(value, where, violations, shown_blob(value))
        return value

    return check


def _integer(shape: Any) -> Check:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise unexpected(value, "Integer")
        try:
            value = int(value)
        except (ValueError, OverflowError) as e:
            raise serialization_error(f"{value} can not be converted to an Integer") from e
        if low is not None and value < low:
            constraint = f"Member must have value greater than or equal to {low}"
            violations.append(violation(value, where, constraint))
        if high is not None and value > high:
            constraint = f"Member must have value less than or equal to {high}"
            violations.append(violation(value, where, constraint))
        return value

    return check


def _boolean(_: Any) -> Check:
    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if not isinstance(value, bool):
            raise unexpected(value, "Boolean")
        return value

    return check


def _timestamp(_: Any) -> Check:
    def check(value: Any, where: str | None, violations: list[str]) -> Any:
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise unexpected(value, "Timestamp")
        if not 0 <= value < FURTHEST_TIMESTAMP:
            raise serialization_error(f"{value} can not be converted to a Timestamp")
        return float(value)

    return check


def _length(shape: Any) -> Callable[[Any, str | None, list[str], str], None]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", float("inf"))

    def check(value: Any, where: str | None, violations: list[str], shown: str) -> None:
        if low <= len(value) <= high:
            return
        bound = (
            f"greater than or equal to {low}"
            if len(value) < low
            else (f"less than or equal to {high}")
        )
        constraint = f"Member must have length {bound}"
        violations.append(violation(shown, where, constraint))

    return check


def _inside(where: str | None, *steps: object) -> str | None:
    """The name of a part; None when names aren't wanted."""
    if where is None:
        return None
    return ".".join([*([where] if where else []), *map(str, steps)])


def _not_null(member: Any) -> Any:
    if member is None:
        raise serialization_error("Unexpected null in a list or map")
    return member


_KINDS: dict[str, Callable[[Any], Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _blob,
    "integer": _integer,
    "long": _integer,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
