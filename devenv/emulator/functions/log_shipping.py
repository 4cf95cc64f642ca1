"""What functions print, on its way to CloudWatch Logs: gathered for a moment, sent together.

LocalStack sends one request per invocation, which takes about as long as delivering a batch and
slows down what is delivered next. Of a function that prints faster than CloudWatch takes it, what
is over `WAITING_BYTES` is left out, and a line in the log says how much.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogItem

from devenv.emulator.functions import log_text
from devenv.emulator.functions.log_retention import trim

log = logging.getLogger(__name__)

GATHERED = 0.2
"""Seconds that lines wait for others."""
MAX_EVENTS, MAX_BYTES, OVERHEAD = 5_000, 900_000, 26
"""Of one request; CloudWatch takes 10,000 and 1 MiB, and counts 26 bytes more per event."""

WAITING_BYTES = 32 * 1024 * 1024
"""What may wait for its way to CloudWatch, of one version of a function."""

type Event = dict[str, Any]
type Role = tuple[str, str]
"""ARN and region."""

CLIENTS: dict[Role, Any] = {}
"""One for each role: LocalStack makes one for each version of a function, and keeps it."""


@dataclass
class Waiting:
    """How many characters wait, and how many were left out since that was last said."""

    limit: int = WAITING_BYTES
    _size: int = 0
    _left_out: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, text: str) -> str | None:
        """`text`, after a line on what was left out before it; None if it has to be left out."""
        with self._lock:
            if self._size and self._size + len(text) > self.limit:
                self._left_out += len(text)
                return None
            if self._left_out:
                missing = f"[{self._left_out:,} characters of the log were left out here]"
                text, self._left_out = f"{missing}\n{text}", 0
            self._size += len(text)
            return text

    def release(self, text: str) -> None:
        with self._lock:
            self._size -= len(text)


def run_log_loop(handler: Any, *_: Any, **__: Any) -> None:
    """In place of the method of LocalStack's handlers."""
    ship(handler)


def add(handler: Any, item: LogItem) -> None:
    """Queue what an invocation printed."""
    if (text := waiting(handler).admit(item.logs)) is not None:
        handler.log_queue.put(replace(item, logs=text))


def waiting(handler: Any) -> Waiting:
    found: Waiting = handler.__dict__.setdefault("devenv_waiting", Waiting())
    return found


def ship(handler: Any) -> None:
    """Send what is in the handler's queue until it's shut down."""
    role = (handler.role_arn, handler.region)
    stopping = threading.Event()
    while not stopping.is_set():
        items = [handler.log_queue.get()]
        if items[0] is not QUEUE_SHUTDOWN:
            stopping.wait(GATHERED)
        items += _rest(handler.log_queue)
        if QUEUE_SHUTDOWN in items:
            items.remove(QUEUE_SHUTDOWN)
            stopping.set()
        for (group, stream), events in _by_stream(items).items():
            try:
                for part in parts(events):
                    _put_as(role, group, stream, part)
                trim(*role, group, stream)
            except Exception as e:  # Logs must not hurt what they tell of.
                log.warning("The log of %s was not saved: %s", group, e)
        for item in items:
            waiting(handler).release(item.logs)


def parts(events: Iterable[Event]) -> Iterable[list[Event]]:
    """As many requests as CloudWatch's limits need."""
    part: list[Event] = []
    size = 0
    for event in events:
        length = len(event["message"].encode()) + OVERHEAD
        if part and (len(part) == MAX_EVENTS or size + length > MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(event)
        size += length
    if part:
        yield part


def _rest(items: "queue.Queue[Any]") -> list[Any]:
    found = []
    while True:
        try:
            found.append(items.get_nowait())
        except queue.Empty:
            return found


def _by_stream(items: Iterable[LogItem]) -> dict[tuple[str, str], list[Event]]:
    now = int(time.time() * 1000)
    found: dict[tuple[str, str], list[Event]] = {}
    for item in items:
        events = found.setdefault((item.log_group, item.log_stream), [])
        messages = log_text.events(item.logs)
        events += [{"timestamp": now, "message": message} for message in messages]
    return found


def _put_as(role: Role, group: str, stream: str, events: list[Event]) -> None:
    """With the role's session, or a new one where that isn't good any more."""
    client = CLIENTS.get(role)
    if client is not None:
        try:
            return _put(client, group, stream, events)
        except client.exceptions.ClientError:
            CLIENTS.pop(role, None)
    client = connect_to.with_assumed_role(
        role_arn=role[0], region_name=role[1], service_principal="lambda"
    ).logs
    _put(client, group, stream, events)
    CLIENTS[role] = client
    return None


def _put(client: Any, group: str, stream: str, events: list[Event]) -> None:
    def put() -> None:
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    missing, there = (
        client.exceptions.ResourceNotFoundException,
        (client.exceptions.ResourceAlreadyExistsException),
    )
    try:
        put()
    except missing:
        _make(lambda: client.create_log_group(logGroupName=group), there)
        _make(lambda: client.create_log_stream(logGroupName=group, logStreamName=stream), there)
        put()


def _make(make: Callable[[], Any], there: type[Exception]) -> None:
    try:
        make()
    except there:
        return
