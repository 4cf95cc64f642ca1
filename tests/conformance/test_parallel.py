"""Shards and ParallelizationFactor"""

from itertools import pairwise

import pytest

from .cloud import Cloud
from .conftest import Map
from .observed import most_at_once, succeeded
from .source import Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"
)


def test_one_shard(cloud: Cloud, map_to_crew: Map) -> None:
    """One batch holds one shard's records"""
    source = cloud.source(shards=3)
    for shard in range(3):
        source.put(*range(shard * 10, shard * 10 + 5), shard=shard, of=3)
    map_to_crew(source, BatchSize=100, MaximumBatchingWindowInSeconds=1)
    seen = source.watch.until_ids(*(shard * 10 + n for shard in range(3) for n in range(5)))
    assert all(len(one.shards) == 1 for one in seen)
    assert len(set.union(*(one.shards for one in seen))) == 3


def test_factor(source: Source, map_to_crew: Map) -> None:
    """With ParallelizationFactor N, up to N batches of a shard are worked on at a time"""
    source.put_keyed(
        *((f"key-{n}", {"id": n, "do": {"sleep": 1.5}}) for n in range(12)),
    )
    map_to_crew(source, BatchSize=1, ParallelizationFactor=3)
    seen = source.watch.until_ids(*range(12), within=source.watch.patience + 20)
    assert 2 <= most_at_once(seen) <= 3


def test_order_per_key(source: Source, map_to_crew: Map) -> None:
    """With ParallelizationFactor N, records come in order per partition key"""
    keys = [f"key-{n}" for n in range(6)]
    source.put_keyed(
        *((key, {"id": [key, n], "do": {"sleep": 0.1}}) for n in range(4) for key in keys),
    )
    map_to_crew(source, BatchSize=2, ParallelizationFactor=3)
    seen = source.watch.until(
        lambda seen: sum(len(one.ids) for one in seen if one.finished) >= 24, "24 records"
    )
    assert most_at_once(seen) >= 2
    for key in keys:
        mine = [one for one in seen if any(id[0] == key for id in one.ids)]
        assert [id[1] for one in mine for id in one.ids if id[0] == key] == [0, 1, 2, 3]
        assert all((a.finished or b.started) <= b.started for a, b in pairwise(mine))


def test_failing_key(source: Source, map_to_crew: Map) -> None:
    """With ParallelizationFactor N, a failing batch stalls its group of keys alone"""
    keys = [f"key-{n}" for n in range(12)]
    poison = {"id": ["key-0", 0], "do": {"raise": "poison"}}
    source.put_keyed(("key-0", poison))
    source.put_keyed(*((key, {"id": [key, n]}) for n in (1, 2) for key in keys))
    map_to_crew(source, BatchSize=1, ParallelizationFactor=4)

    def others_done(seen: list) -> bool:
        done = [tuple(id) for id in succeeded(seen)]
        return sum((key, 2) in done for key in keys[1:]) >= 3

    seen = source.watch.until(others_done, "three other keys' records, to the last")
    assert not any(id[0] == "key-0" for id in succeeded(seen))


def test_failing_shard(cloud: Cloud, map_to_crew: Map) -> None:
    """A failing batch stalls its own shard alone"""
    source = cloud.source(shards=2)
    source.put({"id": "poison", "do": {"raise": "poison"}}, shard=0, of=2)
    source.put("behind it", shard=0, of=2)
    map_to_crew(source, BatchSize=1)
    source.watch.until(bool, "the first attempt")
    for number in range(5):
        source.put(number, shard=1, of=2)
    seen = source.watch.until_ids(*range(5))
    assert "behind it" not in [id for one in seen for id in one.ids]
    assert len([one for one in seen if one.ids == ["poison"]]) >= 1
