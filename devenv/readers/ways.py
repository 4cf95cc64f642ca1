"""One event's way: put, delivered in a batch, handled by invocations, predicted or given up.

An event is found by its id on the input stream; each time that it was put is a way of its own.
Where the emulator's history of batches isn't to be had, as on AWS, invocations are found by the
function's log.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.consumer import FROM_THE_BEGINNING, Start
from devenv.errors import NotFound
from devenv.pages import fetch
from devenv.pipelines.pipeline import EventShape
from devenv.readers.batches import WHAT as BATCHES
from devenv.readers.batches import Attempt, Batch, Fetch, Filters, read_batches
from devenv.readers.conditions import condition
from devenv.readers.failures import GivenUp, read_messages
from devenv.readers.invocation_logs import Invocation
from devenv.readers.invocations import invocations_between, invocations_that_mention
from devenv.readers.records import Query, Record, read_records
from devenv.readers.unknown import Unknown
from devenv.settings import Settings

NUMBER_LENGTH = 40
"""Digits from which on an id is taken for a record's sequence number."""
BY_THE_LOG = (
    "there is no history of batches here, so invocations are those whose log names the record, or "
    "that ran when its prediction came. One that failed without naming it isn't found."
)


@dataclass(frozen=True)
class Tried:
    """An attempt that the record was in, of a batch."""

    batch: Batch
    attempt: Attempt


@dataclass(frozen=True)
class Step:
    """Something that happened to the record, and when."""

    moment: datetime
    what: "Record | Tried | Invocation | GivenUp"
    kind: Literal["PUT", "ATTEMPT", "INVOCATION", "PREDICTION", "GIVEN_UP"]


@dataclass(frozen=True)
class Way:
    """What is known of a record that was put."""

    record: Record
    attempts: tuple[Tried, ...] = ()
    invocations: tuple[Invocation, ...] = field(default=(), repr=False)
    """Of these attempts; or those that the log tells of."""
    predictions: tuple[Record, ...] = ()
    given_up: tuple[GivenUp, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    """What can't be known here."""

    def invocation_of(self, attempt: Attempt) -> Invocation | None:
        return next((i for i in self.invocations if i.request_id == attempt.request_id), None)

    def steps(self) -> list[Step]:
        """In the order in which they happened. An invocation is a step by itself where its attempt
        isn't known."""
        known = {tried.attempt.request_id for tried in self.attempts}
        steps = [
            Step(self.record.arrived, self.record, "PUT"),
            *(Step(tried.attempt.began, tried, "ATTEMPT") for tried in self.attempts),
            *(
                Step(each.began, each, "INVOCATION")
                for each in self.invocations
                if each.request_id not in known
            ),
            *(Step(each.arrived, each, "PREDICTION") for each in self.predictions),
            *(Step(each.sent, each, "GIVEN_UP") for each in self.given_up),
        ]
        first, *others = steps
        return [first, *sorted(others, key=lambda step: step.moment)]


def find_ways(
    id: str,
    settings: Settings,
    shape: EventShape,
    aws: Aws,
    since: datetime | None = None,
    fetch: Fetch = fetch,
) -> list[Way]:
    """Each time that the event was put, oldest first. `id` may be a record's sequence number, too.

    Raises `NotFound` if the input stream, as far back as it goes or `since` then, has none.
    """
    if is_sequence_number(id):
        start = Start("AT_SEQUENCE_NUMBER", sequence_number=id)
        query = Query(settings.input_stream, start, limit=1)
    else:
        start = Start("AT_TIMESTAMP", timestamp=since) if since else FROM_THE_BEGINNING
        query = Query(settings.input_stream, start, [condition(f"{shape.id}={id}")])
    records = sorted(read_records(query, aws), key=lambda record: record.arrived)
    if is_sequence_number(id):  # Of one that has expired, the next one's are read.
        records = [record for record in records if record.sequence_number == id]
    if not records:
        raise NotFound(
            f"{settings.input_stream} at {settings.endpoint} has no record whose {shape.id} is "
            f"{id}{' since then' if since else ', or not any more'}. A record that holds no event "
            "is found by its sequence number."
        )
    ways = [Way(record) for record in records]
    ways = _with_attempts(ways, settings, aws, fetch)
    ways = _with_predictions(ways, settings, shape, aws)
    ways = _with_failures(ways, settings, aws)
    return [_with_invocations(way, settings.function_name, aws) for way in ways]


def is_sequence_number(id: str) -> bool:
    return len(id) >= NUMBER_LENGTH and id.isascii() and id.isdecimal()


def _with_attempts(ways: Sequence[Way], settings: Settings, aws: Aws, fetch: Fetch) -> list[Way]:
    made = []
    for way in ways:
        number = way.record.sequence_number
        filters = Filters(mapping=settings.function_name, sequence_number=number)
        page = read_batches(filters, aws, fetch)
        if isinstance(page, Unknown):
            made.append(replace(way, unknown=(*way.unknown, page)))
            continue
        tried = [
            Tried(batch, attempt)
            for batch in reversed(page.batches)
            for attempt in batch.attempts
            if attempt.covers(number)
        ]
        made.append(replace(way, attempts=tuple(tried)))
    return made


def _with_predictions(
    ways: Sequence[Way], settings: Settings, shape: EventShape, aws: Aws
) -> list[Way]:
    """A prediction bears its event's id, and not which of its puts it is of: it is taken for the
    last one's that was before it."""
    ids = {str(way.record.value.get(shape.id)) for way in ways if _is_event(way, shape)}
    if not ids:
        return list(ways)
    (id,) = ids
    start = Start("AT_TIMESTAMP", timestamp=ways[0].record.arrived)
    query = Query(settings.predictions_stream, start, [condition(f"prediction.{shape.id}={id}")])
    try:
        found = list(read_records(query, aws))
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
        why = f"there is no stream {settings.predictions_stream}."
        unknown = Unknown("What was predicted", why)
        return [replace(way, unknown=(*way.unknown, unknown)) for way in ways]
    return [
        replace(way, predictions=tuple(r for r in found if _is_between(start, r.arrived, end)))
        for way, start, end in _spans(ways)
    ]


def _is_event(way: Way, shape: EventShape) -> bool:
    return isinstance(way.record.value, dict) and shape.id in way.record.value


def _spans(ways: Sequence[Way]) -> Iterator[tuple[Way, datetime, datetime | None]]:
    """Each way with its put and the next one's."""
    ends = [later.record.arrived for _, later in pairwise(ways)]
    for way, end in zip(ways, [*ends, None], strict=True):
        yield way, way.record.arrived, end


def _is_between(start: datetime, moment: datetime, end: datetime | None) -> bool:
    return start <= moment and (end is None or moment < end)


def _with_failures(ways: Sequence[Way], settings: Settings, aws: Aws) -> list[Way]:
    try:
        told = read_messages(settings.failure_queue, aws)
    except NotFound as error:
        unknown = Unknown("Whether it was given up", f"{str(error)[0].lower()}{str(error)[1:]}")
        return [replace(way, unknown=(*way.unknown, unknown)) for way in ways]
    return [
        replace(way, given_up=tuple(e for e in told if isinstance(e, GivenUp) and _is_in(way, e)))
        for way in ways
    ]


def _is_in(way: Way, given_up: GivenUp) -> bool:
    record = way.record
    return (given_up.stream, given_up.shard_id) == (
        record.stream,
        record.shard_id,
    ) and given_up.covers(record.sequence_number)


def _with_invocations(way: Way, function: str, aws: Aws) -> Way:
    if any(each.what == BATCHES for each in way.unknown):
        found = _by_the_log(way, function, aws)
        unknown = Unknown("Which invocations had it", BY_THE_LOG)
        return replace(way, invocations=tuple(found), unknown=(*way.unknown, unknown))
    attempts = [tried.attempt for tried in way.attempts if tried.attempt.request_id]
    if not attempts:
        return way
    last = max(_end(attempt) for attempt in attempts)
    ids = {attempt.request_id or "" for attempt in attempts}
    return replace(
        way,
        invocations=tuple(invocations_between(function, aws, attempts[0].began, last, ids)),
    )


def _end(attempt: Attempt) -> datetime:
    return attempt.began + timedelta(milliseconds=attempt.duration_ms or 0)


def _by_the_log(way: Way, function: str, aws: Aws) -> Iterable[Invocation]:
    """Those that name the record, and those that ran when its predictions came."""
    put = way.record.arrived
    found = {
        each.request_id: each
        for each in invocations_that_mention(function, aws, way.record.sequence_number, put)
    }
    for prediction in way.predictions:
        came = prediction.arrived
        for each in invocations_between(function, aws, put, came):
            if each.began <= came <= (each.ended or came) + timedelta(milliseconds=1):
                found[each.request_id] = each
    return sorted(found.values(), key=lambda each: each.began)
