"""Retention, mode, record size, metrics, encryption; tags, policies, consumers, subscriptions."""

from typing import Any

import pytest
from kinesis_api import Api, MakeApi
from localstack.aws.api import ServiceException

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html"
)
RECORDED = pytest.mark.evidence("recorded", "https://github.com/mhart/kinesalite/tree/master/test")
MODEL = pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


def summary(api: Api) -> Any:
    return api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]


@RECORDED
def test_retention_is_changed_within_its_bounds(api: Api) -> None:
    api.stream()
    api("IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=48)
    assert summary(api)["RetentionPeriodHours"] == 48
    api.put()
    api.clock.pass_(30 * 3600)
    assert len(api.data()) == 1
    api("DecreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24)
    assert api.data() == []
    for operation, hours, words in (
        ("Increase", 23, "too short"),
        ("Increase", 8761, "too long"),
        ("Decrease", 25, "can not be longer"),
    ):
        with pytest.raises(ServiceException, match=words) as e:
            api(f"{operation}StreamRetentionPeriod", StreamName="s", RetentionPeriodHours=hours)
        assert e.value.code == "InvalidArgumentException"


@RECORDED
def test_a_retention_that_it_has_already_changes_nothing(make_api: MakeApi) -> None:
    """The stream isn't UPDATING for it."""
    api = make_api(delay=5)
    api.stream()
    api.clock.pass_(5)
    for operation in ("Increase", "Decrease"):
        api(f"{operation}StreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24)
        assert summary(api)["StreamStatus"] == "ACTIVE"


SOME = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white "
SOME += "space, _ . / = + - % @."


@RECORDED
@pytest.mark.parametrize("character", [";", ",", "<", "\t", "\n", ":", "%"])
def test_characters_that_tags_may_not_have(api: Api, character: str) -> None:
    """In keys and values, by every operation that takes them."""
    api.stream()
    consumer = api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")["Consumer"]
    odd = f"abc{character}def"
    for operation, request in (
        ("AddTagsToStream", {"StreamName": "s", "Tags": {odd: "1"}}),
        ("AddTagsToStream", {"StreamName": "s", "Tags": {"a": odd}}),
        ("TagResource", {"ResourceARN": ARN, "Tags": {odd: "1"}}),
        ("TagResource", {"ResourceARN": consumer["ConsumerARN"], "Tags": {"a": odd}}),
        ("CreateStream", {"StreamName": "t", "Tags": {odd: "1"}}),
        ("RegisterStreamConsumer", {"StreamARN": ARN, "ConsumerName": "d", "Tags": {odd: "1"}}),
        ("RemoveTagsFromStream", {"StreamName": "s", "TagKeys": [odd]}),
        ("UntagResource", {"ResourceARN": ARN, "TagKeys": [odd]}),
    ):
        with pytest.raises(ServiceException) as e:
            api(operation, **request)
        assert e.value.code == "InvalidArgumentException"
        if character == "%":
            action = "remove tags from" if "TagKeys" in request else "add tags to"
            assert e.value.message.startswith(f"Failed to {action} stream ")
            assert "some tags contained illegal characters" in e.value.message
        else:
            assert e.value.message == SOME
    assert api("ListTagsForStream", StreamName="s")["Tags"] == []
    with pytest.raises(ServiceException, match="not found"):
        api("DescribeStreamSummary", StreamName="t")


@RECORDED
def test_characters_that_tags_may_have(api: Api) -> None:
    """As recorded on AWS."""
    api.stream()
    tags = {"a": "a", "ü0 _.": "a", "/=+-@": "a", "b": "ü0 _./=+-@", "c": ""}
    api("AddTagsToStream", StreamName="s", Tags=tags)
    found = api("ListTagsForStream", StreamName="s")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in found} == tags
    api("RemoveTagsFromStream", StreamName="s", TagKeys=list(tags))
    assert api("ListTagsForStream", StreamName="s")["Tags"] == []


@MODEL
def test_the_record_size_can_be_raised(api: Api) -> None:
    api.stream()
    api("UpdateMaxRecordSize", StreamARN=ARN, MaxRecordSizeInKiB=2048)
    api.put(b"x" * (2048 * 1024 - 1))
    with pytest.raises(ServiceException, match="less than or equal to 2097152"):
        api.put(b"x" * 2048 * 1024)
    assert summary(api)["MaxRecordSizeInKiB"] == 2048


@MODEL
def test_mode_metrics_and_encryption_are_recorded(api: Api) -> None:
    api.stream()
    api("UpdateStreamMode", StreamARN=ARN, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    api("StartStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId="alias/k")
    enabled = api("EnableEnhancedMonitoring", StreamName="s", ShardLevelMetrics=["ALL"])
    assert len(enabled["DesiredShardLevelMetrics"]) == 7
    api("DisableEnhancedMonitoring", StreamName="s", ShardLevelMetrics=["OutgoingBytes"])
    found = summary(api.restart())
    assert found["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert (found["EncryptionType"], found["KeyId"]) == ("KMS", "alias/k")
    assert len(found["EnhancedMonitoring"][0]["ShardLevelMetrics"]) == 6
    assert api.put()["EncryptionType"] == "KMS"
    api("StopStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId="alias/k")
    assert summary(api)["EncryptionType"] == "NONE"


def test_tags_of_both_families_are_the_same(api: Api) -> None:
    api("CreateStream", StreamName="s", ShardCount=1, Tags={"a": "1"})
    api("AddTagsToStream", StreamName="s", Tags={"b": "2"})
    api("TagResource", ResourceARN=ARN, Tags={"c": "3"})
    assert [t["Key"] for t in api("ListTagsForResource", ResourceARN=ARN)["Tags"]] == [
        "a",
        "b",
        "c",
    ]
    page = api("ListTagsForStream", StreamName="s", Limit=1, ExclusiveStartTagKey="a")
    assert page == {"Tags": [{"Key": "b", "Value": "2"}], "HasMoreTags": True}
    api("UntagResource", ResourceARN=ARN, TagKeys=["a"])
    api("RemoveTagsFromStream", StreamName="s", TagKeys=["b"])
    assert api("ListTagsForResource", ResourceARN=ARN)["Tags"] == [{"Key": "c", "Value": "3"}]


@pytest.mark.evidence(
    "recorded", "https://github.com/localstack/localstack/tree/main/tests/aws/services/kinesis"
)
def test_an_empty_policy_is_an_empty_object(api: Api) -> None:
    api.stream()
    assert api("GetResourcePolicy", ResourceARN=ARN) == {"Policy": "{}"}
    policy = '{"Version": "2012-10-17", "Statement": []}'
    api("PutResourcePolicy", ResourceARN=ARN, Policy=policy)
    assert api("GetResourcePolicy", ResourceARN=ARN) == {"Policy": policy}
    api("DeleteResourcePolicy", ResourceARN=ARN)
    with pytest.raises(ServiceException, match="No resource policy found"):
        api("DeleteResourcePolicy", ResourceARN=ARN)


def test_consumers_are_registered_listed_in_pages_and_kept(api: Api) -> None:
    api.stream()
    for name in ("c2", "c1", "c3"):
        answer = api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName=name)["Consumer"]
        assert answer["ConsumerStatus"] == "CREATING"
    with pytest.raises(ServiceException, match="already exists"):
        api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c1")
    again = api.restart()
    first = again("ListStreamConsumers", StreamARN=ARN, MaxResults=2)
    second = again("ListStreamConsumers", StreamARN=ARN, NextToken=first["NextToken"])
    names = [c["ConsumerName"] for page in (first, second) for c in page["Consumers"]]
    assert names == ["c1", "c2", "c3"]
    described = again("DescribeStreamConsumer", StreamARN=ARN, ConsumerName="c1")
    assert described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
    arn = described["ConsumerDescription"]["ConsumerARN"]
    again("TagResource", ResourceARN=arn, Tags={"a": "1"})
    assert again("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    with pytest.raises(ServiceException, match="registered consumers") as e:
        again("DeleteStream", StreamName="s")
    assert e.value.code == "ResourceInUseException"
    again("DeregisterStreamConsumer", ConsumerARN=arn)
    assert summary(again)["ConsumerCount"] == 2
    with pytest.raises(ServiceException, match="not found"):
        again("DescribeStreamConsumer", ConsumerARN=arn)
    again("DeleteStream", StreamName="s", EnforceConsumerDeletion=True)


def subscribe(api: Api, arn: str) -> Any:
    position = {"Type": "TRIM_HORIZON"}
    return api("SubscribeToShard", ConsumerARN=arn, ShardId="0", StartingPosition=position)


def test_a_subscription_ends_with_its_shard_its_time_or_its_successor(api: Api) -> None:
    api.stream()
    consumer = api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")["Consumer"]
    arn = consumer["ConsumerARN"]
    sequence = api.put(b"1")["SequenceNumber"]
    events = subscribe(api, arn)["EventStream"]
    event = next(events)["SubscribeToShardEvent"]
    assert [record["Data"] for record in event["Records"]] == [b"1"]
    assert event["ContinuationSequenceNumber"] == sequence
    with pytest.raises(ServiceException, match="Another active subscription") as e:
        subscribe(api, arn)
    assert e.value.code == "ResourceInUseException"
    api.clock.pass_(6)
    successor = subscribe(api, arn)["EventStream"]
    api.put(b"2")
    assert list(events) == []
    assert len(next(successor)["SubscribeToShardEvent"]["Records"]) == 2
    api.put(b"3")
    api.clock.pass_(301)
    assert list(successor) == []
    last = subscribe(api, arn)["EventStream"]
    api("SplitShard", StreamName="s", ShardToSplit="0", NewStartingHashKey=str(2**127))
    [event] = [event["SubscribeToShardEvent"] for event in last]
    assert len(event["Records"]) == 3
    assert len(event["ChildShards"]) == 2
    assert "ContinuationSequenceNumber" not in event


@pytest.mark.evidence("inference", "a resource that isn't ACTIVE can't be used")
def test_a_consumer_that_is_being_made_cannot_be_used_yet(make_api: MakeApi) -> None:
    """In the words of two recordings of AWS, which differ."""
    api = make_api(delay=5)
    api.stream()
    api.clock.pass_(5)
    consumer = api("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")["Consumer"]
    arn = consumer["ConsumerARN"]
    policy = '{"Statement": []}'
    named = f"Consumer c with creation timestamp {int(api.clock.now)} under stream"
    with pytest.raises(ServiceException, match=f"{named}: s , account 0+ is not in ACTIVE") as e:
        subscribe(api, arn)
    assert e.value.code == "ResourceInUseException"
    with pytest.raises(ServiceException, match=f"{named} s and account 0+ is not in ACTIVE") as e:
        api("PutResourcePolicy", ResourceARN=arn, Policy=policy)
    assert e.value.code == "ResourceInUseException"
    api.clock.pass_(5)
    api("PutResourcePolicy", ResourceARN=arn, Policy=policy)
    subscribe(api, arn)
