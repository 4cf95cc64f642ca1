"""What all operations share: the store, the clock, the options, and finding a stream.

An operation is a function of the service, the caller and a checked request (see `wire`), and
gives the response as a dict, or raises one of AWS's errors.
"""

import base64
import binascii
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from localstack.aws.api.kinesis import (
    AccessDeniedException,
    ExpiredNextTokenException,
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from devenv.emulator.iam.principals import Session
from devenv.emulator.kinesis.limits import Limits
from devenv.emulator.kinesis.options import Options
from devenv.emulator.kinesis.store import Store
from devenv.emulator.kinesis.streams.model import Shard, Stream, shard_id

type Request = dict[str, Any]
type Response = dict[str, Any]

STREAM_ARN = re.compile(r"arn:aws[^:]*:kinesis:([^:]+):(\d{12}):stream/([a-zA-Z0-9_.-]+)")
PAGE_TOKEN_LIFETIME = 300


@dataclass(frozen=True)
class Caller:
    """Whose request it is, and in which region."""

    account: str
    region: str
    session: Session | None = None
    """Of a role, whose policies decide; None for whoever may do everything."""
    service: str | None = None
    """The service of AWS that asks in the role's name: `logs`, `events`; None for anybody else."""


@dataclass(frozen=True)
class Kinesis:
    store: Store
    options: Options = field(default_factory=Options)
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    """A number from 0 to 1, below the fault rate for what shall fail."""
    limits: Limits = field(default_factory=Limits)
    trimmed: dict[int, float] = field(default_factory=dict)
    """When each shard was last trimmed."""

    def find_stream(self, caller: Caller, request: Request) -> Stream:
        """Return the stream that `StreamName`, `StreamARN` or both name.

        Raises ResourceNotFoundException or InvalidArgumentException.
        """
        name, arn = request.get("StreamName"), request.get("StreamARN")
        if arn is not None:
            stream = self.by_arn(caller, arn)
            if name is not None and name != stream.name:
                raise InvalidArgumentException("StreamARN and StreamName name different streams.")
            return stream
        if name is None:
            raise InvalidArgumentException("Either StreamName or StreamARN must be provided.")
        return self.by_name(caller.account, caller.region, name)

    def by_arn(self, caller: Caller, arn: str) -> Stream:
        parts = STREAM_ARN.fullmatch(arn)
        if parts is None:
            raise InvalidArgumentException(f"StreamARN {arn} is not the ARN of a stream.")
        region, account, name = parts.groups()
        if region != caller.region:
            raise ResourceNotFoundException(
                f"Stream {arn} is in {region}; this request was made to {caller.region}."
            )
        stream = self.by_name(account, region, name)
        if account != caller.account and stream.policy is None:
            raise AccessDeniedException(
                f"Account {caller.account} is not authorized to use {arn}: no resource-based "
                "policy allows it."
            )
        return stream

    def by_name(self, account: str, region: str, name: str) -> Stream:
        """Return a stream that exists. One whose deletion's delay is over is removed now."""
        stream = self.store.stream(account, region, name)
        if stream is not None and stream.status == "DELETING" and self.clock() >= stream.settled:
            self.store.remove(stream)
            stream = None
        if stream is None:
            raise ResourceNotFoundException(f"Stream {name} under account {account} not found.")
        return stream

    def streams(self, caller: Caller) -> list[Stream]:
        """The caller's streams, by name, without those whose deletion is over."""
        now = self.clock()
        found = self.store.streams(caller.account, caller.region)
        return [s for s in found if s.status != "DELETING" or now < s.settled]

    def find_active_stream(self, caller: Caller, request: Request) -> Stream:
        """Return the stream as `find_stream`. Raises ResourceInUseException unless it is ACTIVE."""
        return self.require_active(self.find_stream(caller, request))

    def require_active(self, stream: Stream) -> Stream:
        status = stream.status_at(self.clock())
        if status != "ACTIVE":
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.account} not ACTIVE, instead in "
                f"state {status}"
            )
        return stream

    def change(self, stream: Stream, **changes: Any) -> None:
        """Save the stream with `changes`, UPDATING for the configured delay."""
        settled = self.clock() + self.options.delay
        self.store.save(replace(stream, status="UPDATING", settled=settled, **changes))

    def shard(self, stream: Stream, wanted: str) -> Shard:
        """Return the shard that `shardId-000000000001`, or short `shardId-1` or `1`, names."""
        number = re.fullmatch(r"(?:shardId-)?(\d{1,12})", wanted, re.ASCII)
        shard = stream.shard(int(number[1])) if number else None
        if shard is None or not shard.exists(self.clock()):
            full = shard_id(int(number[1])) if number else wanted
            raise ResourceNotFoundException(
                f"Could not find shard {full} in stream {stream.name} under account "
                f"{stream.account}."
            )
        return shard


def page_token(now: float, content: Mapping[str, Any]) -> str:
    """An opaque NextToken."""
    return base64.urlsafe_b64encode(json.dumps([now, content]).encode()).decode()


def read_page_token(now: float, token: str) -> dict[str, Any]:
    """What `page_token` was given, up to five minutes ago."""
    try:
        made, content = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
        age, result = now - float(made), dict(content)
    except (binascii.Error, TypeError, ValueError) as e:
        raise InvalidArgumentException("The NextToken is invalid.") from e
    if age > PAGE_TOKEN_LIFETIME:
        raise ExpiredNextTokenException("The NextToken has expired: it lives 300 seconds.")
    return result
