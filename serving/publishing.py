"""Predictions put on their stream: all of them, each key's in order, or it's said which not."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from serving.events import Prediction

MAX_RECORDS, MAX_BYTES = 500, 10 * 1024 * 1024
"""PutRecords' limits; bytes are data and keys."""

ATTEMPTS = 6

RESERVE = 1.0
"""Seconds of the invocation that are kept to say what was not published."""

THROTTLED = {"ProvisionedThroughputExceededException", "ThrottlingException", "Throttling"}


class PublishError(RuntimeError):
    """The prediction at `index`, and maybe others after it, were not taken; all before it were."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True)
class Entry:
    """A prediction as PutRecords takes it, and its place in the batch."""

    index: int
    data: bytes
    key: str

    @property
    def size(self) -> int:
        return len(self.data) + len(self.key.encode())


def entries(predictions: Iterable[Prediction], id_field: str) -> list[Entry]:
    """In order; the partition key is the event's id."""
    return [
        Entry(index, json.dumps(prediction).encode(), str(prediction["prediction"][id_field]))
        for index, prediction in enumerate(predictions)
    ]


def chunks(found: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries in order, in lists that PutRecords takes, with no key twice in one list.

    Of two entries with one key in the same request, Kinesis may take the second and not the first;
    sent again, the first would then come last.
    """
    chunk: list[Entry] = []
    keys: set[str] = set()
    held = 0
    for entry in found:
        full = len(chunk) == MAX_RECORDS or held + entry.size > MAX_BYTES
        if chunk and (full or entry.key in keys):
            yield chunk
            chunk, keys, held = [], set(), 0
        chunk.append(entry)
        keys.add(entry.key)
        held += entry.size
    if chunk:
        yield chunk


def backoff(attempt: int, draw: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait after failed `attempt`, from 0: anything up to 0.1 s doubled each time."""
    return draw(0, 0.1 * 2**attempt)


def publish(
    put_records: Callable[..., Any],
    stream: str,
    found: Sequence[Entry],
    remaining: Callable[[], float],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put every entry on the stream by boto3's `put_records`, or raise PublishError.

    What Kinesis did not take is sent again, alone, up to ATTEMPTS times in all, as long as the
    invocation's `remaining()` seconds allow; the next chunk waits until then.
    """
    for chunk in chunks(found):
        for attempt in range(ATTEMPTS):
            chunk, reason = _put(put_records, stream, chunk)
            if not chunk:
                break
            wait = backoff(attempt)
            if attempt < ATTEMPTS - 1 and remaining() > wait + RESERVE:
                sleep(wait)
                continue
            raise PublishError(
                f"{stream} did not take {len(chunk)} predictions in {attempt + 1} attempts:"
                f" {reason}",
                chunk[0].index,
            )


def _put(
    put_records: Callable[..., Any], stream: str, chunk: list[Entry]
) -> tuple[list[Entry], str]:
    """One request: the entries that were not taken, and why the first of them wasn't.

    Raises PublishError for what another attempt would not change: a stream that isn't there, say.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    records = [{"Data": entry.data, "PartitionKey": entry.key} for entry in chunk]
    try:
        answers = put_records(StreamName=stream, Records=records)["Records"]
    except BotoCoreError as e:
        return chunk, str(e)
    except ClientError as e:
        status = e.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or e.response.get("Error", {}).get("Code") in THROTTLED:
            return chunk, str(e)
        raise PublishError(f"{stream} took no predictions: {e}", chunk[0].index) from e
    refused = [(e, a) for e, a in zip(chunk, answers, strict=True) if a.get("ErrorCode")]
    reasons = [f"{answer['ErrorCode']} {answer.get('ErrorMessage')}" for _, answer in refused]
    return [entry for entry, _ in refused], reasons[0] if reasons else ""
