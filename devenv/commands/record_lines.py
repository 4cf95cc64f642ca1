"""Records as lines for people, and as the values of `--json`."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from devenv.readers.records import Record


def line(record: Record) -> str:
    """Time, shard and data."""
    return f"{clock(record.arrived)}  {short_shard(record.shard_id)}  {words(record)}"


def words(record: Record) -> str:
    """The data; of a JSON object the values by name, those of objects in it too."""
    value = record.value
    if isinstance(value, dict) and value:
        return "  ".join(f"{name}={_word(part)}" for name, part in _flat(value))
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def values(record: Record) -> dict[str, Any]:
    return {
        "shard_id": record.shard_id,
        "sequence_number": record.sequence_number,
        "partition_key": record.partition_key,
        "arrived": record.arrived.isoformat(),
        "data": record.value,
        "encoding": record.encoding,
    }


def clock(moment: datetime, milliseconds: bool = False) -> str:
    """In local time."""
    local = moment.astimezone()
    return f"{local:%H:%M:%S}" + (f".{local.microsecond // 1000:03d}" if milliseconds else "")


def short_shard(shard_id: str) -> str:
    """shard-0 of shardId-000000000000."""
    number = shard_id.rpartition("-")[2]
    return f"shard-{int(number)}" if number.isdecimal() else shard_id


def short_number(sequence_number: str | None) -> str:
    """The end of a sequence number, which is what differs between neighbours."""
    return f"…{sequence_number[-12:]}" if sequence_number else "–"


def cut(text: str, width: int = 80) -> str:
    """In one line of at most `width` columns, without what would do something to a terminal."""
    text = "".join(c if c.isprintable() else " " for c in text.rstrip())
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _flat(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        if isinstance(part, dict) and part:
            yield from _flat(part)
        else:
            yield name, part


def _word(value: Any) -> str:
    """A value as short as it can be read."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)
