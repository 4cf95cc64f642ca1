"""Making, describing, listing and deleting streams; what their requests are refused for."""

import itertools
from typing import Any

import pytest
from kinesis_api import Api, MakeApi
from localstack.aws.api import ServiceException

from devenv.emulator.kinesis.streams.hash_keys import MAX_HASH_KEY

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html"
)
RECORDED = pytest.mark.evidence("recorded", "https://github.com/mhart/kinesalite/tree/master/test")


def summary(api: Api) -> Any:
    return api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]


@RECORDED
def test_hash_ranges_cover_everything_once(api: Api) -> None:
    api.stream(shards=3)
    ranges = [shard["HashKeyRange"] for shard in api("ListShards", StreamName="s")["Shards"]]
    assert ranges[0]["StartingHashKey"] == "0"
    assert ranges[-1]["EndingHashKey"] == str(MAX_HASH_KEY)
    for left, right in itertools.pairwise(ranges):
        assert int(left["EndingHashKey"]) + 1 == int(right["StartingHashKey"])


def test_without_a_shard_count_a_stream_is_on_demand_with_four_shards(api: Api) -> None:
    api("CreateStream", StreamName="s")
    assert summary(api)["OpenShardCount"] == 4
    assert summary(api)["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


@RECORDED
def test_a_stream_that_is_there_is_in_use(api: Api) -> None:
    api.stream()
    with pytest.raises(ServiceException, match=r"Stream s under account .* already exists") as e:
        api.stream()
    assert e.value.code == "ResourceInUseException"


@RECORDED
@pytest.mark.parametrize("count", [501, 10**11])
def test_an_absurd_shard_count_exceeds_a_limit_at_once(api: Api, count: int) -> None:
    with pytest.raises(ServiceException, match="would exceed the shard limit") as e:
        api.stream(shards=count)
    assert e.value.code == "LimitExceededException"


@RECORDED
def test_shards_are_hidden_while_creating(make_api: MakeApi) -> None:
    api = make_api(delay=5)
    api.stream()
    assert summary(api)["StreamStatus"] == "CREATING"
    assert api("ListShards", StreamName="s")["Shards"] == []
    with pytest.raises(ServiceException, match="not found"):
        api.put()
    api.clock.pass_(5)
    assert summary(api)["StreamStatus"] == "ACTIVE"
    api.put()


@pytest.mark.evidence("inference", "DeleteStream's reference names no state that forbids it")
def test_a_stream_can_be_deleted_while_creating(make_api: MakeApi) -> None:
    api = make_api(delay=5)
    api.stream()
    api("DeleteStream", StreamName="s")
    assert summary(api)["StreamStatus"] == "DELETING"
    api.clock.pass_(5)
    with pytest.raises(ServiceException, match="not found"):
        summary(api)
    assert api("ListStreams")["StreamNames"] == []
    api.stream()


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html"
)
def test_streams_are_listed_in_pages(api: Api) -> None:
    for name in "cab":
        api.stream(name=name)
    first = api("ListStreams", Limit=2)
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["a", "b"], True)
    assert [s["StreamName"] for s in first["StreamSummaries"]] == ["a", "b"]
    assert first["StreamSummaries"][0]["StreamStatus"] == "ACTIVE"
    second = api("ListStreams", NextToken=first["NextToken"])
    assert (second["StreamNames"], second["HasMoreStreams"]) == (["c"], False)
    assert api("ListStreams", ExclusiveStartStreamName="b")["StreamNames"] == ["c"]


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html"
)
def test_shards_are_listed_in_pages(api: Api) -> None:
    api.stream(shards=5)
    first = api("ListShards", StreamName="s", MaxResults=3)
    second = api("ListShards", NextToken=first["NextToken"])
    assert [len(page["Shards"]) for page in (first, second)] == [3, 2]
    assert "NextToken" not in second
    described = api("DescribeStream", StreamName="s", Limit=2)["StreamDescription"]
    assert described["HasMoreShards"]
    rest = api("DescribeStream", StreamName="s", ExclusiveStartShardId="shardId-000000000001")
    assert len(rest["StreamDescription"]["Shards"]) == 3
    with pytest.raises(ServiceException, match="cannot be provided together"):
        api("ListShards", StreamName="s", NextToken=first["NextToken"])
    with pytest.raises(ServiceException, match="NextToken is invalid"):
        api("ListShards", NextToken="garbage")
    api.clock.pass_(301)
    with pytest.raises(ServiceException, match="expired") as e:
        api("ListShards", NextToken=first["NextToken"])
    assert e.value.code == "ExpiredNextTokenException"


@RECORDED
@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateStream", {"StreamName": 1}),
        ("CreateStream", {"StreamName": ["s"]}),
        ("CreateStream", {"StreamName": "s", "ShardCount": "1"}),
        ("CreateStream", {"StreamName": "s", "ShardCount": True}),
        ("CreateStream", {"StreamName": "s", "StreamModeDetails": "ON_DEMAND"}),
        ("CreateStream", {"StreamName": "s", "Tags": [1]}),
        ("PutRecord", {"StreamName": "s", "Data": 1, "PartitionKey": "k"}),
        ("PutRecord", {"StreamName": "s", "Data": "not base64!", "PartitionKey": "k"}),
        ("PutRecords", {"StreamName": "s", "Records": {}}),
        ("PutRecords", {"StreamName": "s", "Records": [None]}),
        ("PutRecords", {"StreamName": "s", "Records": "x"}),
        ("GetRecords", {"ShardIterator": {}}),
        ("GetRecords", {"ShardIterator": "x", "Limit": float("nan")}),
        ("ListShards", {"StreamName": "s", "StreamCreationTimestamp": "yesterday"}),
        ("ListShards", {"StreamName": "s", "StreamCreationTimestamp": 1e300}),
        ("ListStreams", []),
    ],
)
def test_wrong_types_are_serialization_errors(
    api: Api, operation: str, request_: dict[str, Any]
) -> None:
    from devenv.emulator.kinesis.operations import call

    with pytest.raises(ServiceException) as e:
        call(api.kinesis, api.caller, operation, request_)
    assert e.value.code == "SerializationException"


@pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)
@pytest.mark.parametrize(
    ("operation", "request_", "words"),
    [
        ("CreateStream", {}, "Value null at 'streamName' failed .* Member must not be null"),
        ("CreateStream", {"StreamName": "a b"}, "Member must satisfy regular expression pattern"),
        ("CreateStream", {"StreamName": "s\n"}, "Member must satisfy regular expression pattern"),
        ("CreateStream", {"StreamName": "s" * 129}, "length less than or equal to 128"),
        ("CreateStream", {"StreamName": "s", "ShardCount": 0}, "greater than or equal to 1"),
        ("GetRecords", {"ShardIterator": "x", "Limit": 10001}, "less than or equal to 10000"),
        (
            "GetShardIterator",
            {"StreamName": "s", "ShardId": "0", "ShardIteratorType": "NOW"},
            "enum value set",
        ),
        (
            "PutRecords",
            {"StreamName": "s", "Records": [{"Data": "", "PartitionKey": ""}]},
            "at 'records.1.member.partitionKey' .* greater than or equal to 1",
        ),
        ("PutRecords", {"StreamName": "s", "Records": []}, "greater than or equal to 1"),
    ],
)
def test_values_outside_the_model_are_validation_errors(
    api: Api, operation: str, request_: dict[str, Any], words: str
) -> None:
    with pytest.raises(ServiceException, match=words) as e:
        api(operation, **request_)
    assert e.value.code == "ValidationException"


@RECORDED
def test_all_violations_are_listed(api: Api) -> None:
    with pytest.raises(ServiceException, match=r"2 validation errors detected: .*; "):
        api("CreateStream", StreamName="a b", ShardCount=0)


@pytest.mark.evidence("inference", "the emulator's own")
def test_what_is_not_implemented_is_named(api: Api) -> None:
    with pytest.raises(NotImplementedError, match="UpdateAccountSettings"):
        api("UpdateAccountSettings")


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html"
)
def test_limits_are_described(api: Api) -> None:
    api.stream(shards=3)
    api("CreateStream", StreamName="on-demand")
    assert api("DescribeLimits") == {
        "ShardLimit": 500,
        "OpenShardCount": 7,
        "OnDemandStreamCount": 1,
        "OnDemandStreamCountLimit": 50,
    }
