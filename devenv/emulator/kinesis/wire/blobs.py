"""Blobs out of JSON: base64 as strictly as AWS takes it, refused in AWS's words (recorded)."""

import binascii
import re

from localstack.aws.api import CommonServiceException

from devenv.emulator.kinesis.wire.errors import serialization_error

LAST_OF_ONE_BYTE = frozenset("AQgw")
LAST_OF_TWO_BYTES = frozenset("AEIMQUYcgkosw048")
"""What may stand before `==` and before `=`: characters whose bits beyond the last byte are 0."""

SHOWN = 100
"""Characters of a value that an error shows; AWS shows all of it."""


def has_stray_bits(text: str) -> bool:
    """Whether the padded end of valid base64 has bits that belong to no byte. Python takes it."""
    if text.endswith("=="):
        return text[-3] not in LAST_OF_ONE_BYTE
    return text.endswith("=") and text[-2] not in LAST_OF_TWO_BYTES


def decoded(text: str) -> bytes:
    """The bytes. Raises AWS's SerializationException."""
    if len(text) % 4:
        raise _refusal(
            text,
            f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}",
        )
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as e:
        raise _refusal(text, f"Invalid Base64 character: '{_first_invalid(text)}'") from e
    if has_stray_bits(text):
        raise _refusal(text, "Invalid last non-pad Base64 character dectected")  # AWS's spelling.
    return data


def _first_invalid(text: str) -> str:
    valid = re.match(r"[A-Za-z0-9+/]*", text)
    place = valid.end() if valid else 0
    return text[place : place + 1]


def _refusal(text: str, reason: str) -> CommonServiceException:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return serialization_error(f"'{shown}' can not be converted to a Blob: {reason}")
