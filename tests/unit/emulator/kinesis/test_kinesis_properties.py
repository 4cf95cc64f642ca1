"""Whatever is put, split, merged, scaled, read and restarted, in whatever order: every record that
was acknowledged is read once, in its key's order, under the sequence number that the put gave.

`pytest tests/unit/emulator/kinesis/test_kinesis_properties.py --hypothesis-profile=thorough`
"""

import itertools
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from kinesis_api import Api, Clock
from lineage_reader import LineageReader
from localstack.aws.api import ServiceException

from devenv.emulator.kinesis.options import Options
from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.store import Store
from devenv.emulator.kinesis.streams.hash_keys import MAX_HASH_KEY

pytestmark = pytest.mark.evidence(
    "inference", "its own promise: nothing lost, doubled, out of order"
)

MOST_SHARDS = 8
KEYS = st.sampled_from(["a", "b", "c", "ü"]) | st.integers(0, MAX_HASH_KEY)
"""Partition keys, and explicit hash keys, each of which is a key of its own."""
FRACTIONS = st.floats(0, 1, allow_nan=False)


class Streams(RuleBasedStateMachine):
    """One stream, what was acknowledged, and a consumer that follows along."""

    @initialize(
        shards=st.integers(1, 3),
        delay=st.sampled_from([0.0, 2.0]),
        fault_rate=st.sampled_from([0.0, 0.3]),
        chance=st.randoms(use_true_random=False),
    )
    def create(self, shards: int, delay: float, fault_rate: float, chance: random.Random) -> None:
        self.folder = tempfile.TemporaryDirectory()
        clock, path = Clock(), Path(self.folder.name) / "kinesis.db"
        options = Options(delay=delay, fault_rate=fault_rate)
        kinesis = Kinesis(Store(path), options, clock, chance.random)
        self.api = Api(kinesis, clock, path)
        self.made = [kinesis.store]
        self.api.stream(shards)
        clock.pass_(delay)
        self.numbers = itertools.count()
        self.acknowledged: dict[str, list[tuple[str, bytes]]] = {}
        """Sequence numbers and data by partition key."""
        self.consumer = LineageReader(self.api).begin()

    def record(self, key: str | int) -> dict[str, Any]:
        data = b"%d" % next(self.numbers)
        if isinstance(key, int):
            return {"PartitionKey": f"#{key}", "ExplicitHashKey": str(key), "Data": data}
        return {"PartitionKey": key, "Data": data}

    def acknowledge(self, record: dict[str, Any], number: str) -> None:
        before = self.acknowledged.setdefault(record["PartitionKey"], [])
        assert len(number) == 56
        assert not before or int(number) > int(before[-1][0])
        before.append((number, record["Data"]))

    @rule(key=KEYS)
    def put_record(self, key: str | int) -> None:
        record = self.record(key)
        try:
            answer = self.api("PutRecord", StreamName="s", **record)
        except ServiceException as e:
            if e.code != "ProvisionedThroughputExceededException":
                raise
        else:
            self.acknowledge(record, answer["SequenceNumber"])

    @rule(keys=st.lists(KEYS, min_size=1, max_size=12))
    def put_records(self, keys: list[str | int]) -> None:
        records = [self.record(key) for key in keys]
        answer = self.api("PutRecords", StreamName="s", Records=records)
        results = answer["Records"]
        assert answer["FailedRecordCount"] == sum("ErrorCode" in result for result in results)
        for record, result in zip(records, results, strict=True):
            if "ErrorCode" not in result:
                self.acknowledge(record, result["SequenceNumber"])

    @rule(which=FRACTIONS, where=FRACTIONS)
    def split(self, which: float, where: float) -> None:
        shards = self.open_shards()
        shard = shards[int(which * (len(shards) - 1))]
        low, high = bounds(shard)
        at = min(high - 1, max(low + 2, low + int(where * (high - low))))
        if len(shards) < MOST_SHARDS and low + 1 < at < high:
            self.reshard("SplitShard", ShardToSplit=shard["ShardId"], NewStartingHashKey=str(at))

    @rule(which=FRACTIONS, turned=st.booleans())
    def merge(self, which: float, turned: bool) -> None:
        shards = self.open_shards()
        if len(shards) > 1:
            first = int(which * (len(shards) - 2))
            one, other = (shard["ShardId"] for shard in shards[first : first + 2])
            if turned:
                with pytest.raises(ServiceException) as refused:
                    self.api(
                        "MergeShards",
                        StreamName="s",
                        ShardToMerge=other,
                        AdjacentShardToMerge=one,
                    )
                assert refused.value.code == "InvalidArgumentException"
                return
            self.reshard("MergeShards", ShardToMerge=one, AdjacentShardToMerge=other)

    @rule(wanted=st.integers(1, MOST_SHARDS))
    def scale(self, wanted: int) -> None:
        count = len(self.open_shards())
        if count <= 2 * wanted <= 4 * count:
            self.reshard("UpdateShardCount", TargetShardCount=wanted, ScalingType="UNIFORM_SCALING")

    def reshard(self, operation: str, **request: Any) -> None:
        try:
            self.api(operation, StreamName="s", **request)
        except ServiceException as e:  # Still UPDATING, or scaled ten times today.
            if e.code not in ("ResourceInUseException", "LimitExceededException"):
                raise

    @rule(seconds=st.floats(0.001, 3))
    def time_passes(self, seconds: float) -> None:
        self.api.clock.pass_(seconds)

    @rule()
    def restart(self) -> None:
        self.api = self.api.restart()
        self.made.append(self.api.kinesis.store)
        self.consumer = self.consumer.moved_to(self.api)

    @rule(which=FRACTIONS, limit=st.integers(1, 20))
    def read(self, which: float, limit: int) -> None:
        shards = sorted(self.consumer.iterators)
        self.consumer.read(shards[int(which * (len(shards) - 1))], limit)

    @rule(which=FRACTIONS)
    def resume(self, which: float) -> None:
        shards = sorted(self.consumer.iterators)
        self.consumer.resume(shards[int(which * (len(shards) - 1))])

    @precondition(lambda self: hasattr(self, "api"))
    @invariant()
    def every_hash_key_has_one_open_shard(self) -> None:
        ranges = [bounds(shard) for shard in self.open_shards()]
        assert (ranges[0][0], ranges[-1][1]) == (0, MAX_HASH_KEY)
        assert all(low[1] + 1 == high[0] for low, high in itertools.pairwise(ranges))

    def open_shards(self) -> list[dict[str, Any]]:
        """In the order of their hash keys."""
        answer = self.api("ListShards", StreamName="s", ShardFilter={"Type": "AT_LATEST"})
        return sorted(answer["Shards"], key=bounds)

    def teardown(self) -> None:
        if not hasattr(self, "api"):
            return
        try:
            self.api.clock.pass_(5)  # What is UPDATING settles.
            for reader in (self.consumer, LineageReader(self.api).begin()):
                read: dict[str, list[tuple[str, bytes]]] = {}
                for record in reader.drain().records:
                    found = read.setdefault(record["PartitionKey"], [])
                    found.append((record["SequenceNumber"], record["Data"]))
                assert read == self.acknowledged
        finally:
            for store in self.made:
                store.close()
            self.folder.cleanup()


def bounds(shard: dict[str, Any]) -> tuple[int, int]:
    hash_range = shard["HashKeyRange"]
    return int(hash_range["StartingHashKey"]), int(hash_range["EndingHashKey"])


TestStreams = Streams.TestCase
