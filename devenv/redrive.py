"""Redriving what was given up: its records are put on the stream again, or handed to the function.

A message is deleted once that has succeeded for all of its records that are still there, and not
before. So a record may be processed twice, and none is lost.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from botocore.exceptions import ClientError

from devenv.aws import Aws, error_code
from devenv.errors import BadInput, DevenvError, NotFound
from devenv.producer import Record, put_records
from devenv.readers.failure_queue import HeldMessages, holding
from devenv.readers.failures import (
    MOST,
    Data,
    Failure,
    Foreign,
    GivenUp,
    message_of,
    with_data,
)

Target = Literal["stream", "function"]


@dataclass(frozen=True)
class Redriven:
    """One message, and what was done with it."""

    failure: Failure
    done: bool
    """Whether it was sent, and the message deleted; in a dry run, whether it would be."""
    why: str | None = None
    """Why the message is still in the queue, or which of its records have expired."""


def redrive(
    queue: str,
    ids: Collection[str] | None,
    target: Target,
    aws: Aws,
    dry_run: bool = False,
    most: int = MOST,
) -> Iterator[Redriven]:
    """Send the messages with these ids, or all if it's None, and yield what became of each.

    An id may be shortened to a beginning that no other message has. Raises `NotFound` for one that
    no message has, and `BadInput` for one that can't be meant; nothing has been sent then.
    """
    send = partial(_to_stream, aws) if target == "stream" else partial(_to_function, aws)
    with holding(queue, aws) as messages:
        for given_up in _chosen(messages, ids, most):
            failure = with_data(given_up, aws)
            why = _unfit(failure)
            if why is None and not dry_run:
                why = _attempt(send, failure)
                if why is None:
                    messages.delete(failure.id)
            note = why or (failure.why if failure.data is Data.PART else None)
            yield Redriven(failure, why is None, note)


def delete(queue: str, ids: Collection[str], aws: Aws, most: int = MOST) -> list[GivenUp]:
    """Delete messages, whatever becomes of their records. Raises as `redrive`."""
    with holding(queue, aws) as messages:
        chosen = _chosen(messages, ids, most)
        for given_up in chosen:
            messages.delete(given_up.id)
        return chosen


def _chosen(messages: HeldMessages, ids: Collection[str] | None, most: int) -> list[GivenUp]:
    """By when they were sent."""
    told = [message_of(each) for each in messages.take(most)]
    found = sorted((e for e in told if isinstance(e, GivenUp)), key=lambda each: each.sent)
    if ids is None:
        return found
    foreign = [each.id for each in told if isinstance(each, Foreign)]
    chosen = {_meant(id, [e.id for e in found], foreign, messages) for id in ids}
    return [each for each in found if each.id in chosen]


def _meant(id: str, known: Sequence[str], foreign: Sequence[str], messages: HeldMessages) -> str:
    meant = [each for each in known if each.startswith(id)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise BadInput(f"{id} may be {len(meant)} messages: {', '.join(meant)}. Type more of it.")
    if any(each.startswith(id) for each in foreign):
        raise BadInput(f"{id} is a message that tells of no records (`devenv failures` shows it).")
    raise NotFound(
        f"No message of {messages.url} begins with {id}: `devenv failures` lists those there are. "
        "One that somebody else looks at right now is hidden for two minutes."
    )


def _unfit(failure: Failure) -> str | None:
    """Why a message's records can't be sent."""
    return failure.why if failure.data not in (Data.WHOLE, Data.PART) else None


def _attempt(send: Callable[[Failure], str | None], failure: Failure) -> str | None:
    """Why it wasn't sent; None if it was. One message that can't be doesn't hold up the others."""
    try:
        return send(failure)
    except ClientError as error:
        words = error.response.get("Error", {}).get("Message", "").rstrip(".")
        return f"{error.operation_name} failed with {error_code(error)}: {words}."
    except DevenvError as error:
        return str(error)


def _to_stream(aws: Aws, failure: Failure) -> str | None:
    """With the same partition keys, in the same order."""
    records = [Record(record.data, record.partition_key) for record in failure.records]
    for _ in put_records(failure.stream, records, aws):
        pass
    return None


def _to_function(aws: Aws, failure: Failure) -> str | None:
    """As the mapping would, once."""
    config = aws.functions.get_function_configuration(FunctionName=failure.function)
    answer = aws.invocations.invoke(
        FunctionName=failure.function, Payload=json.dumps(event(failure, config["Role"])).encode()
    )
    payload = answer["Payload"].read()
    name = failure.function.partition(":function:")[2]
    if "FunctionError" in answer:
        return f"{name} failed with {payload.decode('utf-8', 'replace')[:500]}."
    if reported := _reported(payload):
        return f"{name} answered that it failed: {', '.join(reported)}."
    return None


def _reported(payload: bytes) -> list[str]:
    """The records that an answer names as failed."""
    try:
        failures = json.loads(payload)["batchItemFailures"]
        return [str(each["itemIdentifier"]) for each in failures or []]
    except (ValueError, TypeError, LookupError):
        return []


def event(failure: Failure, role: str) -> dict[str, Any]:
    """The records as a function gets them from a mapping.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": record.partition_key,
                    "sequenceNumber": record.sequence_number,
                    "data": b64encode(record.data).decode(),
                    "approximateArrivalTimestamp": record.arrived.timestamp(),
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{record.shard_id}:{record.sequence_number}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": role,
                "awsRegion": failure.stream_arn.split(":")[3],
                "eventSourceARN": failure.stream_arn,
            }
            for record in failure.records
        ]
    }
