"""Times in CBOR as Kinesis has them: milliseconds since 1970, where the standard has seconds.

The SDK for Java sends and expects that. LocalStack sees to it too, but for an older cbor2: with
ours it answers a request that holds a time with 500, and its answers are a millisecond short now
and then.
"""

from datetime import UTC, datetime
from typing import Any

from cbor2._encoder import CBOREncoder
from cbor2._types import CBORDecodeValueError, CBORTag

TIME = 1
"""CBOR's tag of a number that is a time."""


def with_decoder(decoders: dict[int, Any]) -> dict[int, Any]:
    """Put ours among cbor2's Python decoders, which LocalStack's parser uses."""
    decoders[TIME] = _decode
    return decoders


def with_encoder(encoders: dict[Any, Any]) -> dict[Any, Any]:
    """Put ours among cbor2's Python encoders, which LocalStack's serializer uses."""
    encoders[datetime] = _encode
    return encoders


def _decode(decoder: Any) -> datetime:
    milliseconds = decoder.decode()
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OSError, OverflowError, TypeError, ValueError) as e:
        raise CBORDecodeValueError(f"{milliseconds!r} is not a time in milliseconds") from e
    return decoder.set_shareable(moment)  # type: ignore[no-any-return]


def _encode(encoder: Any, moment: datetime) -> None:
    if encoder.datetime_as_timestamp:
        encoder.encode_semantic(CBORTag(TIME, round(moment.timestamp() * 1000)))
    else:
        CBOREncoder.encode_datetime(encoder, moment)
