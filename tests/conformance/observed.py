"""What the witness told: invocations of one stream's mapping, as they come."""

import json
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devenv.errors import Unreachable
from devenv.wait import wait_for


@dataclass(frozen=True)
class Delivered:
    """One record of an invocation's event."""

    raw: dict[str, Any]

    @property
    def id(self) -> Any:
        """What the test called it; None for data that isn't the test's JSON."""
        try:
            data = json.loads(b64decode(self.raw["kinesis"]["data"] or ""))
        except ValueError:
            return None
        return data.get("id") if isinstance(data, dict) else None

    @property
    def sequence(self) -> str:
        return str(self.raw["kinesis"]["sequenceNumber"])

    @property
    def key(self) -> str:
        return str(self.raw["kinesis"]["partitionKey"])

    @property
    def shard(self) -> str:
        return str(self.raw["eventID"]).partition(":")[0]


@dataclass
class Invocation:
    """One run of the function. Times in seconds since 1970, by the function's clock."""

    started: float
    size: int
    """Bytes of the event as compact JSON."""
    environment: str
    event: dict[str, Any]
    finished: float | None = None
    """None while it runs, and for ever if it failed."""

    @property
    def records(self) -> list[Delivered]:
        return [Delivered(record) for record in self.event.get("Records", [])]

    @property
    def ids(self) -> list[Any]:
        return [record.id for record in self.records]

    @property
    def shards(self) -> set[str]:
        return {record.shard for record in self.records}


Seen = list[Invocation]


@dataclass
class Queue:
    """An SQS queue read by one test."""

    sqs: Any
    url: str
    arn: str

    def take(self, wait: int = 1) -> list[str]:
        """Messages' bodies, removed from the queue; waits up to `wait` seconds for the first."""
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]


@dataclass
class Watch:
    """Gathers the invocations that a queue is told of."""

    queue: Queue
    patience: float
    """Seconds to wait for what should come."""
    by_request: dict[tuple[str, float], Invocation] = field(default_factory=dict)
    ends: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    @property
    def seen(self) -> Seen:
        """Invocations so far, in the order of their starts."""
        return sorted(self.by_request.values(), key=lambda one: one.started)

    def until(self, enough: Callable[[Seen], Any], what: str, within: float | None = None) -> Seen:
        """Invocations so far, as soon as `enough` is true of them; else the test fails."""
        timeout = within or self.patience

        def probe() -> Seen | None:
            if not enough(self.seen):
                self._gather(1)
            return (self.seen or None) if enough(self.seen) else None

        try:
            return wait_for(probe, timeout=timeout, failure=what, interval=0)
        except Unreachable:
            raise AssertionError(f"not within {timeout:.0f} s: {what}; seen: {self}") from None

    def until_ids(self, *ids: Any, within: float | None = None) -> Seen:
        """Invocations so far, once all of `ids` were in invocations that succeeded."""
        wanted = set(ids)
        return self.until(
            lambda seen: wanted <= set(succeeded(seen)), f"delivered: {list(ids)}", within
        )

    def quiet(self, seconds: float) -> Seen:
        """Invocations so far after listening for `seconds` more."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._gather(1)
        return self.seen

    def _gather(self, wait: int) -> None:
        for body in self.queue.take(wait):
            message = json.loads(body)
            request = (message["environment"], message["request"])
            if message["kind"] == "end":
                self.ends.setdefault(request, []).append(message["at"])
            else:
                one = Invocation(
                    message["at"], message["size"], message["environment"], message["event"]
                )
                self.by_request[(*request, one.started)] = one
        for (environment, request, started), one in self.by_request.items():
            later = [at for at in self.ends.get((environment, request), []) if at >= started]
            one.finished = min(later, default=None)

    def __str__(self) -> str:
        first = min((one.started for one in self.seen), default=0.0)
        lines = [
            f"+{one.started - first:.1f}s {one.ids[:12]}{'' if one.finished else ' (failed)'}"
            for one in self.seen
        ]
        return "; ".join(lines) or "nothing"


def succeeded(seen: Seen) -> list[Any]:
    """Ids of the records in invocations that returned, in the order of the invocations."""
    return [id for one in seen if one.finished for id in one.ids]


def most_at_once(seen: Seen) -> int:
    """How many invocations ran at the same time, at most."""
    return max(
        sum(one.started <= at.started < (one.finished or at.started) for one in seen) for at in seen
    )
