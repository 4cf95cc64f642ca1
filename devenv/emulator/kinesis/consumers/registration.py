"""Registered consumers, which `SubscribeToShard` reads for; and resources found by their ARN."""

import re
from dataclasses import dataclass, replace
from typing import Any

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from devenv.emulator.kinesis.service import (
    Caller,
    Kinesis,
    Request,
    Response,
    page_token,
    read_page_token,
)
from devenv.emulator.kinesis.streams import tag_characters
from devenv.emulator.kinesis.streams.model import Consumer, Stream
from devenv.emulator.kinesis.wire.timestamps import timestamp

MAX_CONSUMERS = 20
PER_PAGE = 100
CONSUMER_ARN = re.compile(r"(arn:[^/]+/[a-zA-Z0-9_.-]+)/consumer/([a-zA-Z0-9_.-]+):(\d+)")


@dataclass(frozen=True)
class Resource:
    """What a ResourceARN names: a stream or one of its consumers, both with tags and a policy."""

    stream: Stream
    consumer: Consumer | None

    @property
    def target(self) -> Stream | Consumer:
        return self.consumer or self.stream

    def changed(self, **changes: Any) -> Stream:
        """The stream with the resource's attributes changed."""
        if self.consumer is None:
            return replace(self.stream, **changes)
        return _with(self.stream, self.consumer, replace(self.consumer, **changes))


def resource(kinesis: Kinesis, caller: Caller, arn: str) -> Resource:
    """The stream or consumer of an ARN. Raises ResourceNotFoundException if there's none."""
    parts = CONSUMER_ARN.fullmatch(arn)
    if parts is None:
        return Resource(kinesis.by_arn(caller, arn), None)
    stream = kinesis.by_arn(caller, parts[1])
    for consumer in stream.consumers:
        if stream.consumer_arn(consumer) == arn:
            return Resource(stream, consumer)
    raise ResourceNotFoundException(f"Consumer {arn} not found.")


def register_consumer(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    name = request["ConsumerName"]
    with kinesis.store.changing:
        stream = kinesis.find_active_stream(caller, request)
        if any(consumer.name == name for consumer in stream.consumers):
            raise ResourceInUseException(
                f"Consumer {name} under stream {stream.name} under account {stream.account} "
                "already exists."
            )
        if len(stream.consumers) >= MAX_CONSUMERS:
            raise LimitExceededException(
                f"Stream {stream.name} under account {stream.account} has {MAX_CONSUMERS} "
                "registered consumers, which is the limit."
            )
        now = kinesis.clock()
        tags = request.get("Tags", {})
        tag_characters.check([*tags, *tags.values()], stream)
        consumer = Consumer(name, int(now), now + kinesis.options.delay, tags)
        kinesis.store.save(replace(stream, consumers=(*stream.consumers, consumer)))
    return {"Consumer": {**_described(kinesis, stream, consumer), "ConsumerStatus": "CREATING"}}


def deregister_consumer(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    with kinesis.store.changing:
        stream, consumer = _named(kinesis, caller, request)
        kinesis.store.save(_with(stream, consumer, None))
    return {}


def describe_consumer(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    stream, consumer = _named(kinesis, caller, request)
    description = {**_described(kinesis, stream, consumer), "StreamARN": stream.arn}
    return {"ConsumerDescription": description}


def list_consumers(kinesis: Kinesis, caller: Caller, request: Request) -> Response:
    now = kinesis.clock()
    stream = kinesis.find_stream(caller, request)
    after = ""
    if token := request.get("NextToken"):
        after = str(read_page_token(now, token).get("after", ""))
    found = sorted((c for c in stream.consumers if c.name > after), key=lambda c: c.name)
    limit = request.get("MaxResults", PER_PAGE)
    page = found[:limit]
    response: Response = {"Consumers": [_described(kinesis, stream, c) for c in page]}
    if len(found) > limit:
        response["NextToken"] = page_token(now, {"after": page[-1].name})
    return response


def _named(kinesis: Kinesis, caller: Caller, request: Request) -> tuple[Stream, Consumer]:
    """By ConsumerARN, or by StreamARN and ConsumerName."""
    if arn := request.get("ConsumerARN"):
        found = resource(kinesis, caller, arn)
        if found.consumer is None:
            raise InvalidArgumentException(f"ConsumerARN {arn} is not the ARN of a consumer.")
        return found.stream, found.consumer
    if "StreamARN" not in request or "ConsumerName" not in request:
        raise InvalidArgumentException(
            "Either ConsumerARN or both StreamARN and ConsumerName must be provided."
        )
    stream, name = kinesis.find_stream(caller, request), request["ConsumerName"]
    for consumer in stream.consumers:
        if consumer.name == name:
            return stream, consumer
    raise ResourceNotFoundException(
        f"Consumer {name} under stream {stream.name} under account {stream.account} not found."
    )


def _described(kinesis: Kinesis, stream: Stream, consumer: Consumer) -> Response:
    active = kinesis.clock() >= consumer.active_from
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": stream.consumer_arn(consumer),
        "ConsumerStatus": "ACTIVE" if active else "CREATING",
        "ConsumerCreationTimestamp": timestamp(consumer.created),
    }


def _with(stream: Stream, old: Consumer, new: Consumer | None) -> Stream:
    """The stream with one consumer replaced or removed."""
    others = tuple(new if c is old else c for c in stream.consumers)
    return replace(stream, consumers=tuple(c for c in others if c is not None))
