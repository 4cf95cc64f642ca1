"""Requests checked against AWS's own model of the API, before any operation sees them.

A value of the wrong kind is a SerializationException, one outside the model's limits a
ValidationException that lists all of them, in AWS's words. What passes has plain Python types:
blobs are bytes, timestamps are seconds as float. Unknown members and nulls are dropped.
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.kinesis import ValidationException
from localstack.aws.spec import load_service

type Check = Callable[[Any, str, list[str]], Any]
"""Takes a value, where it stands, and the list of violations to add to; gives the value."""

SHOWN_ERRORS = 10
FURTHEST_TIMESTAMP = 2.0**40


def serialization_error(message: str) -> CommonServiceException:
    return CommonServiceException("SerializationException", message, sender_fault=True)


def validation_error(violations: list[str]) -> ValidationException:
    count = len(violations)
    plural = "s" if count > 1 else ""
    return ValidationException(
        f"{count} validation error{plural} detected: {'; '.join(violations)}"
    )


def violation(value: object, where: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: {constraint}"


def checked(operation: str, request: Any) -> dict[str, Any]:
    """The request with proper types. Raises what AWS answers if it can't be had."""
    violations: list[str] = []
    result: dict[str, Any] = _input_check(operation)(request, "", violations)
    if violations:
        raise validation_error(violations[:SHOWN_ERRORS])
    return result


@cache
def _input_check(operation: str) -> Check:
    shape = load_service("kinesis").operation_model(operation).input_shape
    return _check_for(shape)


def _check_for(shape: Any) -> Check:
    return _KINDS[shape.type_name](shape)


def _structure(shape: Any) -> Check:
    members = {
        name: (_check_for(member), name[0].lower() + name[1:])
        for name, member in shape.members.items()
    }
    required = {name: members[name][1] for name in shape.required_members}

    def check(value: Any, where: str, violations: list[str]) -> Any:
        if not isinstance(value, dict):
            raise _unexpected(value, "structure")
        prefix = where + "." if where else ""
        result = {}
        for name, member in value.items():
            if member is not None and (found := members.get(name)):
                result[name] = found[0](member, prefix + found[1], violations)
        for name, shown in required.items():
            if name not in result:
                violations.append(violation(None, prefix + shown, "Member must not be null"))
        return result

    return check


def _list(shape: Any) -> Check:
    member_check = _check_for(shape.member)
    length = _length(shape)

    def check(value: Any, where: str, violations: list[str]) -> Any:
        if not isinstance(value, list):
            raise _unexpected(value, "list")
        length(value, where, violations, f"[{len(value)} members]")
        return [
            member_check(_not_null(member), f"{where}.{number}.member", violations)
            for number, member in enumerate(value, 1)
        ]

    return check


def _map(shape: Any) -> Check:
    key_check, value_check = _check_for(shape.key), _check_for(shape.value)
    length = _length(shape)

    def check(value: Any, where: str, violations: list[str]) -> Any:
        if not isinstance(value, dict):
            raise _unexpected(value, "map")
        length(value, where, violations, f"{{{len(value)} members}}")
        return {
            key_check(key, f"{where}.key", violations): value_check(
                _not_null(member), f"{where}.{key}.member", violations
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

    def check(value: Any, where: str, violations: list[str]) -> Any:
        if not isinstance(value, str):
            raise _unexpected(value, "String")
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

    def check(value: Any, where: str, violations: list[str]) -> Any:
        if isinstance(value, str):
            try:
                value = base64.b64decode(value.encode("ascii"), validate=True)
            except (binascii.Error, ValueError) as e:
                raise serialization_error(f"The value can not be converted to a Blob: {e}") from e
        elif not isinstance(value, bytes):
            raise _unexpected(value, "Blob")
        length(value, where, violations, f"java.nio.HeapByteBuffer[cap={len(value)}]")
        return value

    return check


def _integer(shape: Any) -> Check:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, where: str, violations: list[str]) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _unexpected(value, "Integer")
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
    def check(value: Any, where: str, violations: list[str]) -> Any:
        if not isinstance(value, bool):
            raise _unexpected(value, "Boolean")
        return value

    return check


def _timestamp(_: Any) -> Check:
    def check(value: Any, where: str, violations: list[str]) -> Any:
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _unexpected(value, "Timestamp")
        if not 0 <= value < FURTHEST_TIMESTAMP:
            raise serialization_error(f"{value} can not be converted to a Timestamp")
        return float(value)

    return check


def _length(shape: Any) -> Callable[[Any, str, list[str], str], None]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", float("inf"))

    def check(value: Any, where: str, violations: list[str], shown: str) -> None:
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


def _not_null(member: Any) -> Any:
    if member is None:
        raise serialization_error("Unexpected null in a list or map")
    return member


def _unexpected(value: Any, wanted: str) -> CommonServiceException:
    """In the words of AWS's (Java) front end."""
    if isinstance(value, dict):
        return serialization_error("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return serialization_error("Start of list found where not expected")
    if wanted in ("structure", "list", "map"):
        return serialization_error(f"Expected {wanted} or null")
    kinds = {bool: "java.lang.Boolean", str: "java.lang.String"}
    kind = kinds.get(type(value), "java.math.BigDecimal")
    return serialization_error(f"class {kind} can not be converted to an {wanted}")


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
