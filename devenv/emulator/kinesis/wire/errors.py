"""What AWS's front end says of a request that doesn't fit the API's model."""

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.kinesis import ValidationException

SHOWN_ERRORS = 10


def serialization_error(message: str) -> CommonServiceException:
    return CommonServiceException("SerializationException", message, sender_fault=True)


def validation_error(violations: list[str]) -> ValidationException:
    """Names the first few: a request can have hundreds."""
    violations = violations[:SHOWN_ERRORS]
    count = len(violations)
    plural = "s" if count > 1 else ""
    return ValidationException(
        f"{count} validation error{plural} detected: {'; '.join(violations)}"
    )


def violation(value: object, where: str | None, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: {constraint}"


def shown_blob(data: bytes) -> str:
    """As the front end's own language (Java) writes it."""
    return f"java.nio.HeapByteBuffer[pos=0 lim={len(data)} cap={len(data)}]"


def unexpected(value: Any, wanted: str) -> CommonServiceException:
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
