"""Splits, merges and scaling: which shards there are then, and what is refused."""

import pytest
from kinesis_api import Api, MakeApi
from localstack.aws.api import ServiceException

from devenv.emulator.kinesis.streams.hash_keys import MAX_HASH_KEY, even_ranges

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html"
)
RECORDED = pytest.mark.evidence("recorded", "https://github.com/mhart/kinesalite/tree/master/test")
GUIDE = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html"
)

HALF = (MAX_HASH_KEY + 1) // 2


def open_ranges(api: Api) -> list[tuple[int, int]]:
    shards = api("ListShards", StreamName="s", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    ranges = [shard["HashKeyRange"] for shard in shards]
    return sorted((int(r["StartingHashKey"]), int(r["EndingHashKey"])) for r in ranges)


def split_half(api: Api) -> None:
    api("SplitShard", StreamName="s", ShardToSplit="shardId-0", NewStartingHashKey=str(HALF))


def test_a_closed_shard_keeps_its_records_and_names_its_children(api: Api) -> None:
    api.stream()
    numbers = [api.put(b"%d" % number)["SequenceNumber"] for number in range(4)]
    split_half(api)
    page = api.read()
    assert [record["SequenceNumber"] for record in page["Records"]] == numbers
    assert "NextShardIterator" not in page
    assert page["ChildShards"] == [
        {
            "ShardId": f"shardId-00000000000{number}",
            "ParentShards": ["shardId-000000000000"],
            "HashKeyRange": {"StartingHashKey": str(start), "EndingHashKey": str(end)},
        }
        for number, start, end in ((1, 0, HALF - 1), (2, HALF, MAX_HASH_KEY))
    ]
    [parent, *_] = api("ListShards", StreamName="s")["Shards"]
    assert len(parent["SequenceNumberRange"]["EndingSequenceNumber"]) == 56
    child = api.put(b"new")["SequenceNumber"]
    assert int(child) > max(map(int, numbers))


@RECORDED
def test_children_are_hidden_while_updating(make_api: MakeApi) -> None:
    api = make_api(delay=5)
    api.stream()
    api.clock.pass_(5)
    split_half(api)
    assert len(api("ListShards", StreamName="s")["Shards"]) == 1
    summary = api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("UPDATING", 1)
    assert api.put()["ShardId"] == "shardId-000000000000"
    with pytest.raises(ServiceException, match="not ACTIVE, instead in state UPDATING") as e:
        split_half(api)
    assert e.value.code == "ResourceInUseException"
    api.clock.pass_(5)
    assert len(api("ListShards", StreamName="s")["Shards"]) == 3
    assert len(open_ranges(api)) == 2


def test_a_merge_joins_two_neighbours(api: Api) -> None:
    api.stream(shards=3)
    api("MergeShards", StreamName="s", ShardToMerge="0", AdjacentShardToMerge="1")
    child = api("ListShards", StreamName="s")["Shards"][3]
    assert child["ParentShardId"] == "shardId-000000000000"
    assert child["AdjacentParentShardId"] == "shardId-000000000001"
    with pytest.raises(ServiceException, match="already been merged or split"):
        api("MergeShards", StreamName="s", ShardToMerge="0", AdjacentShardToMerge="1")
    with pytest.raises(ServiceException, match="not an adjacent pair"):
        api("MergeShards", StreamName="s", ShardToMerge="0", AdjacentShardToMerge="2")


@RECORDED
def test_the_lower_shard_is_named_first_in_a_merge(api: Api) -> None:
    """Or else they are no adjacent pair."""
    api.stream(shards=2)
    with pytest.raises(ServiceException) as e:
        api("MergeShards", StreamName="s", ShardToMerge="1", AdjacentShardToMerge="0")
    assert (e.value.code, e.value.message) == (
        "InvalidArgumentException",
        "Shards shardId-000000000001 and shardId-000000000000 in stream s under account "
        "000000000000 are not an adjacent pair of shards eligible for merging",
    )


@RECORDED
def test_a_stream_that_is_being_created_is_in_use(make_api: MakeApi) -> None:
    """Though its shards aren't there yet."""
    api = make_api(delay=5)
    api.stream(shards=2)
    for operation, request in (
        ("SplitShard", {"ShardToSplit": "0", "NewStartingHashKey": "2"}),
        ("MergeShards", {"ShardToMerge": "0", "AdjacentShardToMerge": "1"}),
    ):
        with pytest.raises(ServiceException, match="not ACTIVE, instead in state CREATING") as e:
            api(operation, StreamName="s", **request)
        assert e.value.code == "ResourceInUseException"


@RECORDED
@pytest.mark.parametrize("at", [0, 1, MAX_HASH_KEY, MAX_HASH_KEY + 1])
def test_a_split_outside_the_range_is_refused(api: Api, at: int) -> None:
    api.stream()
    with pytest.raises(ServiceException, match="is not both greater than one plus") as e:
        api("SplitShard", StreamName="s", ShardToSplit="0", NewStartingHashKey=str(at))
    assert e.value.code == "InvalidArgumentException"


@GUIDE
@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 4), (2, 3), (3, 5), (4, 2), (5, 3)])
def test_scaling_ends_in_equal_shards(api: Api, before: int, after: int) -> None:
    api.stream(shards=before)
    answer = api(
        "UpdateShardCount", StreamName="s", TargetShardCount=after, ScalingType="UNIFORM_SCALING"
    )
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (before, after)
    assert open_ranges(api) == [(r.start, r.end) for r in even_ranges(after)]


@GUIDE
@pytest.mark.parametrize(("before", "after"), [(1, 3), (5, 2)])
def test_scaling_by_more_than_double_or_half_exceeds_a_limit(
    api: Api, before: int, after: int
) -> None:
    api.stream(shards=before)
    with pytest.raises(ServiceException, match="cannot scale") as e:
        api(
            "UpdateShardCount",
            StreamName="s",
            TargetShardCount=after,
            ScalingType="UNIFORM_SCALING",
        )
    assert e.value.code == "LimitExceededException"


@GUIDE
def test_an_on_demand_stream_is_not_scaled_by_hand(api: Api) -> None:
    api("CreateStream", StreamName="s")
    with pytest.raises(ServiceException, match="On-Demand") as e:
        api("UpdateShardCount", StreamName="s", TargetShardCount=8, ScalingType="UNIFORM_SCALING")
    assert e.value.code == "ValidationException"


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html"
)
def test_shard_filters(api: Api) -> None:
    def ids(kind: str, **more: object) -> list[int]:
        found = api("ListShards", StreamName="s", ShardFilter={"Type": kind, **more})["Shards"]
        return [int(shard["ShardId"][-12:]) for shard in found]

    api.stream()
    start = api.clock.now
    api.clock.pass_(100)
    split_half(api)
    later = api.clock.now + 50
    api.clock.pass_(100)
    assert ids("AT_LATEST") == [1, 2]
    assert ids("AT_TRIM_HORIZON") == [0]
    assert ids("FROM_TRIM_HORIZON") == [0, 1, 2]
    assert ids("AT_TIMESTAMP", Timestamp=start + 50) == [0]
    assert ids("AT_TIMESTAMP", Timestamp=later) == [1, 2]
    assert ids("FROM_TIMESTAMP", Timestamp=later) == [1, 2]
    assert ids("AFTER_SHARD_ID", ShardId="shardId-000000000001") == [2]
    api.clock.pass_(25 * 3600)
    assert ids("FROM_TRIM_HORIZON") == [1, 2]
