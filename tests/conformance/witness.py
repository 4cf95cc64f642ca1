"""The function under every mapping of these tests. It tells a queue what it got, and does as told.

A stream's invocations are told to the queue of the stream's name: `start` before anything else,
`end` when the function returns. A record's data is `{"id": …, "do": {…}}`; `do` may hold

    sleep: seconds      raise: a message      exit: a status      respond: what to return ("$SEQ"
    report: true (this record among batchItemFailures)             stands for the record's number)
    grow: bytes (of state to return)

and is followed always, or while one of these holds: `times` (how often this environment has seen
the record), `seconds` (since it first did), `until` (a time since 1970).
"""

import base64
import json
import os
import time
import uuid

import boto3

ENVIRONMENT = uuid.uuid4().hex
LONG = 1000
"""Characters of data that are told; of longer ones only the length is."""

sqs = boto3.client("sqs")
queues: dict[str, str] = {}
seen: dict[tuple[str, str], list[float]] = {}
"""When each record was seen here, by its stream and, unique in that alone, its sequence number."""


def handler(event, context):
    started = time.time()
    queue = queue_of(event)
    told = {"request": context.aws_request_id, "environment": ENVIRONMENT}
    size = len(json.dumps(event, separators=(",", ":")))
    tell(queue, told | {"kind": "start", "at": started, "size": size, "event": shortened(event)})
    answer = act(event, started)
    tell(queue, told | {"kind": "end", "at": time.time()})
    return answer


def act(event, now):
    """Follow the records' orders; what to return."""
    orders = [
        (record["kinesis"]["sequenceNumber"], order) for record, order in to_follow(event, now)
    ]
    for _, order in orders:
        time.sleep(order.get("sleep", 0))
    for _, order in orders:
        if "exit" in order:
            os._exit(order["exit"])
        if "raise" in order:
            raise RuntimeError(order["raise"])
    for sequence, order in orders:
        if "grow" in order:
            return {"state": {"fill": "x" * order["grow"]}}
        if "respond" in order:
            return json.loads(json.dumps(order["respond"]).replace("$SEQ", sequence))
    # The highest first: what counts is the lowest number, not the first in the list.
    failed = [sequence for sequence, order in reversed(orders) if order.get("report")]
    answer = {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}
    if "window" in event:
        ids = [data_of(record).get("id") for record in event["Records"]]
        answer["state"] = {"ids": (event.get("state") or {}).get("ids", []) + ids}
    return answer


def to_follow(event, now):
    for record in event.get("Records", []):
        place = (record["eventSourceARN"], record["kinesis"]["sequenceNumber"])
        times = seen.setdefault(place, [])
        times.append(now)
        order = data_of(record).get("do") or {}
        if (
            len(times) <= order.get("times", len(times))
            and now - times[0] <= order.get("seconds", now)
            and now <= order.get("until", now)
        ):
            yield record, order


def data_of(record):
    try:
        data = json.loads(base64.b64decode(record["kinesis"]["data"])[:100_000])
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def shortened(event):
    """`event` without long data, small enough for a message."""
    records = []
    for record in event.get("Records", []):
        data = record["kinesis"]["data"]
        kinesis = record["kinesis"] | (
            {} if len(data) <= LONG else {"data": None, "length": len(data)}
        )
        records.append(record | {"kinesis": kinesis})
    state = event.get("state")
    small = {} if len(json.dumps(state)) <= LONG else {"state": None}
    return {**event, **({"Records": records} if "Records" in event else {}), **small}


def queue_of(event):
    arn = event.get("eventSourceARN") or event["Records"][0]["eventSourceARN"]
    name = arn.split("stream/")[1].split("/")[0]
    if name not in queues:
        queues[name] = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return queues[name]


def tell(queue, message):
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))
