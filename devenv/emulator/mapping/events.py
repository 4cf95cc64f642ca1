"""Records as the function gets them: from the stored row straight to JSON, base64 once."""

import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from devenv.emulator.kinesis.records import sequence_numbers
from devenv.emulator.kinesis.records.storage import Stored
from devenv.emulator.kinesis.streams.model import Shard

PAYLOAD_LIMIT = 6 * 1024 * 1024
"""Bytes of an event, all in all."""
FRAME = len(b'{"Records":[]}')


class Record(NamedTuple):
    """A record on its way to the function; `arrived` in milliseconds, `event` its JSON."""

    position: int
    arrived: int
    sequence_number: str
    event: bytes


class Encoder:
    """Makes the events of one shard's records."""

    def __init__(self, shard: Shard, source_arn: str, region: str, role: str) -> None:
        self._prefix = sequence_numbers.prefix(shard.number, shard.created)
        tail = {
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role,
            "awsRegion": region,
            "eventSourceARN": source_arn,
        }
        self._template = b"".join(
            [
                b'{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":%b,"sequenceNumber":"%b",',
                b'"data":"%b","approximateArrivalTimestamp":%d.%03d},"eventSource":"aws:kinesis",',
                b'"eventVersion":"1.0","eventID":"',
                shard.id.encode(),
                b':%b",',
                orjson.dumps(tail)[1:].replace(b"%", b"%%"),
            ]
        )

    def record(self, stored: Stored) -> Record:
        position, arrived, key, data = stored
        seconds, milliseconds = divmod(arrived, 1000)
        number = sequence_numbers.text(self._prefix, position, seconds)
        digits = number.encode()
        event = self._template % (
            orjson.dumps(key),
            digits,
            binascii.b2a_base64(data, newline=False),
            seconds,
            milliseconds,
            digits,
        )
        return Record(position, arrived, number, event)


def payload(records: Iterable[Record], more: Mapping[str, Any] | None = None) -> bytes:
    """The whole event; `more` stands beside `Records`, as a tumbling window's members do."""
    events = b",".join([record.event for record in records])
    rest = b"," + json.dumps(more).encode()[1:] if more else b"}"
    return b'{"Records":[' + events + b"]" + rest
