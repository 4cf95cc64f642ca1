"""`SubscribeToShard`: records pushed for five minutes, as an event stream."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from devenv.emulator.kinesis.consumers.registration import resource
from devenv.emulator.kinesis.records.positions import BY_NUMBER, starting_position
from devenv.emulator.kinesis.records.reading import MAX_RECORDS, read_page, shown_records
from devenv.emulator.kinesis.service import Caller, Kinesis, Request, Response
from devenv.emulator.kinesis.streams import shard_listing
from devenv.emulator.kinesis.streams.model import Stream

LIFETIME = 300.0
REPEAT_AFTER = 5.0
"""Seconds until the same consumer may subscribe to the same shard again, taking it over."""
HEARTBEAT = 5.0
"""AWS sends an event at least this often, empty if need be."""


@dataclass
class Subscriptions:
    """When each consumer's subscription to each shard began: a newer one ends an older."""

    _begun: dict[tuple[str, int], float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, consumer_arn: str, shard: int, now: float) -> bool:
        """False if one began so shortly before that another is refused."""
        with self._lock:
            begun = self._begun.get((consumer_arn, shard))
            if begun is not None and now - begun < REPEAT_AFTER:
                return False
            self._begun[consumer_arn, shard] = now
            return True

    def holds(self, consumer_arn: str, shard: int, begun: float) -> bool:
        return self._begun.get((consumer_arn, shard)) == begun


SUBSCRIPTIONS = Subscriptions()


def subscribe_to_shard(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    arn, place = request["ConsumerARN"], request["StartingPosition"]
    found = resource(kinesis, caller, arn)
    if found.consumer is None:
        raise InvalidArgumentException(f"ConsumerARN {arn} is not the ARN of a consumer.")
    stream, now = found.stream, kinesis.clock()
    if now < found.consumer.active_from:
        raise ResourceInUseException(
            f"Consumer {found.consumer.name} with creation timestamp {found.consumer.created} "
            f"under stream: {stream.name} , account {stream.account} is not in ACTIVE status."
        )
    shard = kinesis.shard(stream, request["ShardId"])
    start = {"ShardIteratorType": place["Type"]}
    if "SequenceNumber" in place and place["Type"] in BY_NUMBER:
        start["StartingSequenceNumber"] = place["SequenceNumber"]
    if "Timestamp" in place:
        start["Timestamp"] = place["Timestamp"]
    position = starting_position(kinesis, stream, shard, start)
    if not SUBSCRIPTIONS.begin(arn, shard.key, now):
        raise ResourceInUseException(
            f"Another active subscription exists for this consumer: {arn} on shard {shard.id}."
        )
    return {"EventStream": _events(kinesis, stream, arn, shard.number, position, now)}


def _events(
    kinesis: Kinesis, stream: Stream, arn: str, number: int, position: int, begun: float
) -> Iterator[Response]:
    """Events until the time is over, the shard is read to its end, or somebody else took over."""
    last = stream.shards[number].start
    key = stream.shards[number].key
    while kinesis.clock() - begun < LIFETIME and SUBSCRIPTIONS.holds(arn, key, begun):
        try:
            current = kinesis.by_name(stream.account, stream.region, stream.name)
        except ResourceNotFoundException:
            return
        if current.id != stream.id:
            return
        shard = current.shards[number]
        page = read_page(kinesis, current, shard, position, MAX_RECORDS)
        records = shown_records(current, shard, page.records)
        last, position = records[-1]["SequenceNumber"] if records else last, page.position
        event: Response = {
            "Records": records,
            "ContinuationSequenceNumber": last,
            "MillisBehindLatest": page.behind,
        }
        if page.finished:
            del event["ContinuationSequenceNumber"]
            event["ChildShards"] = shard_listing.children(current, shard, kinesis.clock())
        yield {"SubscribeToShardEvent": event}
        if page.finished:
            return
        kinesis.store.records.wait(key, position, HEARTBEAT)
