"""Resharding"""

import pytest

from .cloud import Cloud
from .conftest import Map
from .observed import Seen
from .source import HASH_KEYS, Source

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"
)

SLOW = {"sleep": 0.3}


def test_split(source: Source, map_to_crew: Map, cloud: Cloud) -> None:
    """After a split the children are read once the parent is finished"""
    map_to_crew(source, BatchSize=1)
    source.put("warm")
    source.watch.until_ids("warm")
    parent = source.shards()
    source.put(*({"id": n, "do": SLOW} for n in range(5)))
    cloud.kinesis.split_shard(
        StreamName=source.name, ShardToSplit=parent[0], NewStartingHashKey=str(HASH_KEYS // 2)
    )
    source.active()
    source.put("low", shard=0, of=2)
    source.put("high", shard=1, of=2)
    seen = source.watch.until_ids(*range(5), "low", "high")
    assert_after(seen, parent, 2)


def test_merge(cloud: Cloud, map_to_crew: Map) -> None:
    """After a merge the child is read once both parents are finished"""
    source = cloud.source(shards=2)
    parents = source.shards()
    for shard in range(2):
        source.put(*({"id": [shard, n], "do": SLOW} for n in range(3)), shard=shard, of=2)
    cloud.kinesis.merge_shards(
        StreamName=source.name, ShardToMerge=parents[0], AdjacentShardToMerge=parents[1]
    )
    source.active()
    source.put("child")
    map_to_crew(source, BatchSize=1)
    seen = source.watch.until(
        lambda seen: sum(one.finished is not None for one in seen) >= 7, "all 7 records"
    )
    assert_after(seen, parents, 1)


def assert_after(seen: Seen, parents: list[str], children: int) -> None:
    """Children's records must begin after the last one of the parents' is finished."""
    before = [one for one in seen if one.shards <= set(parents)]
    after = [one for one in seen if not one.shards & set(parents)]
    assert len({shard for one in after for shard in one.shards}) == children
    done = [one.finished for one in before if one.finished]
    assert max(done) <= min(one.started for one in after)
