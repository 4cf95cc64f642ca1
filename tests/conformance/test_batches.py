"""Batches"""

import time
from datetime import UTC, datetime

import pytest

from .cloud import Cloud
from .conftest import Map
from .observed import most_at_once, succeeded
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"
)
MODEL = pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/lambda"
)

MEGABYTES_6 = 6 * 1024 * 1024


def test_full(source: Source, map_to_witness: Map) -> None:
    """A batch is flushed when it is full, before its window ends"""
    source.put(*range(10))
    map_to_witness(source, BatchSize=5, MaximumBatchingWindowInSeconds=300)
    seen = source.watch.until_ids(*range(10))
    assert [one.ids for one in seen] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_window(source: Source, map_to_witness: Map, cloud: Cloud) -> None:
    """A batch that isn't full is flushed when its window ends, and holds what came meanwhile"""
    cloud.settled(map_to_witness(source, MaximumBatchingWindowInSeconds=4), "Enabled")
    source.put("first")
    put = time.time()
    time.sleep(1)
    source.put("second")
    seen = source.watch.until_ids("first", "second")
    assert [one.ids for one in seen] == [["first", "second"]]
    assert seen[0].started - put > 2.5


def test_six_megabytes(source: Source, map_to_witness: Map) -> None:
    """A batch is flushed at 6 MB of payload, before it is full or its window ends"""
    for number in range(6):
        source.put(f'{{"id": {number}, "fill": "{"x" * 1_000_000}"}}'.encode())
        time.sleep(1.1 if source.on_aws else 0)  # A shard of AWS takes 1 MB a second.
    map_to_witness(source, BatchSize=100, MaximumBatchingWindowInSeconds=300)
    seen = source.watch.until(bool, "a batch")
    assert 2 <= len(seen[0].records) <= 4
    assert all(one.size <= MEGABYTES_6 for one in seen)


def test_idle(source: Source, map_to_witness: Map) -> None:
    """An idle stream's shards are looked at about once a second: a new record waits no longer"""
    map_to_witness(source)
    source.put("first")
    source.watch.until_ids("first")
    source.watch.quiet(3)
    put = time.time()
    source.put("second")
    seen = source.watch.until_ids("second")
    assert seen[-1].started - put < 2.5


def test_backlog(source: Source, map_to_witness: Map) -> None:
    """With a backlog, batches follow each other at once"""
    source.put(*range(20))
    map_to_witness(source, BatchSize=1)
    seen = source.watch.until_ids(*range(20))
    assert [one.ids for one in seen] == [[number] for number in range(20)]
    assert seen[-1].started - seen[0].started < 8


def test_order(source: Source, map_to_witness: Map) -> None:
    """Records come in order per shard, one batch at a time"""
    map_to_witness(source, BatchSize=7)
    for start in range(0, 60, 20):
        source.put(*range(start, start + 20), key=f"key-{start}")
    seen = source.watch.until_ids(*range(60))
    assert succeeded(seen) == list(range(60))
    assert most_at_once(seen) == 1


def test_crash(source: Source, map_to_witness: Map) -> None:
    """At least once: what a function had when its process died is delivered again"""
    map_to_witness(source)
    source.put("warm")
    source.watch.until_ids("warm")
    source.put({"id": "deadly", "do": {"exit": 1, "until": time.time() + 5}}, "after")
    seen = source.watch.until_ids("deadly", "after", within=source.watch.patience + 20)
    assert ["deadly", None] in [[*one.ids[:1], one.finished] for one in seen]


@MODEL
def test_trim_horizon(source: Source, map_to_witness: Map) -> None:
    """TRIM_HORIZON starts with the oldest record"""
    source.put("old")
    map_to_witness(source)
    source.watch.until_ids("old")


@MODEL
def test_latest(source: Source, map_to_witness: Map, cloud: Cloud) -> None:
    """LATEST starts with what comes after the mapping is there"""
    source.put("old")
    cloud.settled(map_to_witness(source, StartingPosition="LATEST"), "Enabled")
    count = 0

    def one_more_came() -> bool:
        # A mapping may take a while until it reads: AWS says so of LATEST.
        nonlocal count
        count += 1
        source.put(count)
        return bool(source.watch.quiet(1))

    cloud.wait(one_more_came, "a new record is delivered")
    assert "old" not in [id for one in source.watch.quiet(1) for id in one.ids]


@MODEL
def test_at_timestamp(source: Source, map_to_witness: Map) -> None:
    """AT_TIMESTAMP starts with the first record from that time on"""
    source.put("old")
    time.sleep(1.5)
    between = datetime.now(UTC)
    time.sleep(1.5)
    source.put("new")
    map_to_witness(source, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=between)
    seen = source.watch.until_ids("new")
    assert succeeded(seen) == ["new"]
