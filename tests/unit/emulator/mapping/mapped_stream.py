"""A stream of one shard, the function that it's mapped to, and what came of it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_shard import ARN, options

from devenv.emulator.kinesis.operations import call
from devenv.emulator.kinesis.service import Caller, Kinesis
from devenv.emulator.kinesis.store import Store
from devenv.emulator.mapping.checkpoints import Checkpoint, Checkpoints
from devenv.emulator.mapping.context import MappingContext
from devenv.emulator.mapping.destinations import Discarded
from devenv.emulator.mapping.history.recorder import MakeRecorder, silent
from devenv.emulator.mapping.invocation import Answered
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.lane_runner import LaneRunner
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.outcomes import NotRun
from devenv.emulator.mapping.source import Source
from devenv.emulator.mapping.statistics import Statistics

ME = Caller("000000000000", "us-east-1")
ERROR = Answered("request", b'{"errorType": "ValueError"}', True, "$LATEST")

type Event = dict[str, Any]
type Function = Callable[[Event], Any]


@dataclass
class MappedStream:
    """`now` is the clock, which stands still unless a test moves it."""

    store: Store
    kinesis: Kinesis = field(init=False)
    now: float = 1_795_000_000.0
    events: list[Event] = field(default_factory=list)
    discarded: list[Discarded] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    statistics: Statistics = field(default_factory=Statistics)
    recorder: MakeRecorder = silent
    read_refusal: Callable[[], str | None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def call(self, operation: str, **request: Any) -> Any:
        return call(self.kinesis, ME, operation, request)

    def put(self, *texts: str, key: str = "k") -> None:
        for text in texts:
            self.call("PutRecord", StreamName="s", Data=text.encode(), PartitionKey=key)

    def close_shard(self) -> None:
        """So that its lane comes to an end."""
        shard, half = "shardId-000000000000", str(2**127)
        self.call("SplitShard", StreamName="s", ShardToSplit=shard, NewStartingHashKey=half)

    @property
    def checkpoints(self) -> Checkpoints:
        stream = self.store.stream_ids()[0]
        return Checkpoints(self.store.database, options().function_arn, ARN, stream)

    def context(self, function: Function, settings: Options) -> MappingContext:
        def invoke(payload: bytes) -> Answered | NotRun:
            event = json.loads(payload)
            self.events.append(event)
            answer = function(event)
            if isinstance(answer, Answered | NotRun):
                return answer
            return Answered("request", json.dumps(answer).encode(), False, "$LATEST")

        def send(discarded: Discarded) -> bool | None:
            self.discarded.append(discarded)
            return True if settings.destination else None

        source = Source(self.kinesis, ARN, self.store.stream_ids()[0])
        return MappingContext(
            options=settings,
            source=source,
            checkpoints=self.checkpoints,
            invoke=invoke,
            role="role",
            send=send,
            report=self.results.append,
            statistics=self.statistics,
            measure=lambda _: None,
            read_refusal=self.read_refusal,
            recorder=self.recorder,
        )

    def run(self, function: Function = lambda _: None, **settings: Any) -> list[list[str]]:
        """Deliver all that the shard has, to its end; the batches."""
        return self.run_lane(Lane(0), function, options(**settings))

    def run_lane(self, lane: Lane, function: Function, settings: Options) -> list[list[str]]:
        if not self.store.streams("000000000000", "us-east-1")[0].shards[0].closes:
            self.close_shard()
        checkpoint = self.checkpoints.load().get(lane, Checkpoint(0))
        LaneRunner(self.context(function, settings), lane, checkpoint).run()
        return self.batches

    @property
    def batches(self) -> list[list[str]]:
        return [texts(event) for event in self.events]

    def checkpoint(self, lane: Lane = Lane(0)) -> Checkpoint:  # noqa: B008
        return self.checkpoints.load()[lane]


def texts(event: Event) -> list[str]:
    return [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]


def failing_on(*poison: str, error: Any = ERROR) -> Function:
    """A function that fails if a poison record is in the batch."""
    return lambda event: error if set(poison) & set(texts(event)) else None


def reporting(*poison: str) -> Function:
    """A function that names the poison records in its response."""

    def function(event: Event) -> Any:
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
                for record, text in zip(event["Records"], texts(event), strict=True)
                if text in poison
            ]
        }

    return function
