"""The API as tests call it, and a clock that they move."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devenv.emulator.kinesis.operations import call
from devenv.emulator.kinesis.service import Caller, Kinesis
from devenv.emulator.kinesis.store import Store

ME = Caller("000000000000", "us-east-1")
START = 1_795_000_000.123


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Api:
    """Calls operations as the wire would: with plain JSON values."""

    kinesis: Kinesis
    clock: Clock
    path: Path
    caller: Caller = ME
    stores: list[Store] = field(default_factory=list)

    def __call__(self, operation: str, **request: Any) -> Any:
        return call(self.kinesis, self.caller, operation, request)

    def stream(self, shards: int = 1, name: str = "s") -> None:
        self("CreateStream", StreamName=name, ShardCount=shards)

    def put(self, data: bytes = b"x", key: str = "k", **more: Any) -> Any:
        return self("PutRecord", StreamName="s", Data=data, PartitionKey=key, **more)

    def iterator(self, kind: str = "TRIM_HORIZON", shard: str = "0", **more: Any) -> str:
        found = self(
            "GetShardIterator", StreamName="s", ShardId=shard, ShardIteratorType=kind, **more
        )
        return str(found["ShardIterator"])

    def read(self, kind: str = "TRIM_HORIZON", shard: str = "0", **more: Any) -> Any:
        return self("GetRecords", ShardIterator=self.iterator(kind, shard, **more))

    def data(self, kind: str = "TRIM_HORIZON", shard: str = "0", **more: Any) -> list[bytes]:
        return [record["Data"] for record in self.read(kind, shard, **more)["Records"]]

    def restart(self) -> "Api":
        """Another process's view of the same file, the first one having been killed."""
        store = Store(self.path)
        self.stores.append(store)
        return replace(self, kinesis=replace(self.kinesis, store=store, trimmed={}))


type MakeApi = Callable[..., Api]
