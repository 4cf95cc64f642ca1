"""Shard iterators: opaque words that say where to go on reading, and when they were given out.

A token is signed with the store's secret, so one that was made up or changed is refused, and one
given out before a restart still works.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass

LIFETIME_MS = 300_000
FIXED = struct.Struct(">QQQIQ")
"""Version (1, as AWS's begin with), created (ms), stream id, shard number, position."""
SIGNATURE_BYTES = 32


@dataclass(frozen=True)
class ShardIterator:
    """Read on in this shard after `position`. The name is there for messages."""

    created: int
    stream_id: int
    stream_name: str
    shard: int
    position: int


def encode(iterator: ShardIterator, secret: bytes) -> str:
    fixed = FIXED.pack(1, iterator.created, iterator.stream_id, iterator.shard, iterator.position)
    payload = fixed + iterator.stream_name.encode()
    return base64.b64encode(_sign(payload, secret) + payload).decode()


def decode(token: str, secret: bytes) -> ShardIterator | None:
    """None if it's none that `encode` has made with this secret.

    It may stand in double quotes, as the AWS CLI prints it: AWS takes that.
    """
    if len(token) > 1 and token[0] == token[-1] == '"':
        token = token[1:-1]
    try:
        raw = base64.b64decode(token.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if len(payload) < FIXED.size or not hmac.compare_digest(signature, _sign(payload, secret)):
        return None
    # Base64 can write the same bytes in two ways; only ours is ours.
    if base64.b64encode(raw).decode() != token:
        return None
    _, created, stream_id, shard, position = FIXED.unpack_from(payload)
    return ShardIterator(created, stream_id, payload[FIXED.size :].decode(), shard, position)


def _sign(payload: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, payload, hashlib.sha256)
