"""A call of each of Kinesis's operations, and how one sees that it worked."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

FIRST, SECOND = "shardId-000000000000", "shardId-000000000001"
TWO_DAYS = 48


@dataclass(frozen=True)
class Place:
    """A stream of two shards for one test, by its name and its ARN; and what tests need of it."""

    kinesis: Any
    name: str

    @property
    def summary(self) -> Any:
        answer = self.kinesis.describe_stream_summary(StreamName=self.name)
        return answer["StreamDescriptionSummary"]

    @cached_property
    def arn(self) -> str:
        return str(self.summary["StreamARN"])

    @cached_property
    def consumer(self) -> str:
        """The ARN of a consumer, registered by the first who asks."""
        answer = self.kinesis.register_stream_consumer(StreamARN=self.arn, ConsumerName="c")
        return str(answer["Consumer"]["ConsumerARN"])

    @property
    def consumers(self) -> list[str]:
        answer = self.kinesis.list_stream_consumers(StreamARN=self.arn)
        return [consumer["ConsumerName"] for consumer in answer["Consumers"]]

    @property
    def tags(self) -> dict[str, str]:
        answer = self.kinesis.list_tags_for_resource(ResourceARN=self.arn)
        return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}

    @property
    def streams(self) -> list[str]:
        return list(self.kinesis.list_streams()["StreamNames"])

    @property
    def data(self) -> list[bytes]:
        found = []
        for shard in (FIRST, SECOND):
            page = self.kinesis.get_records(ShardIterator=self.iterator(shard))
            found += [record["Data"] for record in page["Records"]]
        return sorted(found)

    @property
    def policy(self) -> Any:
        return json.loads(self.kinesis.get_resource_policy(ResourceARN=self.arn)["Policy"])

    def iterator(self, shard: str = FIRST) -> str:
        answer = self.kinesis.get_shard_iterator(
            StreamName=self.name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )
        return str(answer["ShardIterator"])

    def with_tags(self) -> str:
        self.kinesis.add_tags_to_stream(StreamName=self.name, Tags={"a": "1", "b": "2"})
        return self.name

    def with_policy(self) -> str:
        self.kinesis.put_resource_policy(ResourceARN=self.arn, Policy=POLICY)
        return self.arn

    def retained_long(self) -> str:
        self.kinesis.increase_stream_retention_period(
            StreamName=self.name, RetentionPeriodHours=TWO_DAYS
        )
        return self.name


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kinesis:PutRecord"}],
    }
)


@dataclass(frozen=True)
class Case:
    request: Callable[[Place], dict[str, Any]]
    """The request's members; makes what has to be there before."""
    shows: tuple[str, ...] = ()
    """What the answer has, at least."""
    done: Callable[[Place], bool] = lambda _: True
    """Whether it did what it's for, asked after the call."""


def named(place: Place) -> dict[str, Any]:
    return {"StreamName": place.name}


CASES = {
    "AddTagsToStream": Case(
        lambda p: {**named(p), "Tags": {"a": "1"}}, done=lambda p: p.tags == {"a": "1"}
    ),
    "CreateStream": Case(
        lambda p: {"StreamName": f"{p.name}-new", "ShardCount": 1},
        done=lambda p: f"{p.name}-new" in p.streams,
    ),
    "DecreaseStreamRetentionPeriod": Case(
        lambda p: {"StreamName": p.retained_long(), "RetentionPeriodHours": 24},
        done=lambda p: p.summary["RetentionPeriodHours"] == 24,
    ),
    "DeleteResourcePolicy": Case(
        lambda p: {"ResourceARN": p.with_policy()}, done=lambda p: p.policy == {}
    ),
    "DeleteStream": Case(named, done=lambda p: p.name not in p.streams),
    "DeregisterStreamConsumer": Case(
        lambda p: {"ConsumerARN": p.consumer}, done=lambda p: p.consumers == []
    ),
    "DescribeLimits": Case(lambda _: {}, ("ShardLimit", "OpenShardCount")),
    "DescribeStream": Case(named, ("StreamDescription",)),
    "DescribeStreamConsumer": Case(lambda p: {"ConsumerARN": p.consumer}, ("ConsumerDescription",)),
    "DescribeStreamSummary": Case(named, ("StreamDescriptionSummary",)),
    "DisableEnhancedMonitoring": Case(
        lambda p: {**named(p), "ShardLevelMetrics": ["ALL"]}, ("DesiredShardLevelMetrics",)
    ),
    "EnableEnhancedMonitoring": Case(
        lambda p: {**named(p), "ShardLevelMetrics": ["IncomingBytes"]},
        ("CurrentShardLevelMetrics", "DesiredShardLevelMetrics"),
        lambda p: p.summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}],
    ),
    "GetRecords": Case(
        lambda p: {"ShardIterator": p.iterator(), "Limit": 5},
        ("Records", "NextShardIterator", "MillisBehindLatest"),
    ),
    "GetResourcePolicy": Case(lambda p: {"ResourceARN": p.with_policy()}, ("Policy",)),
    "GetShardIterator": Case(
        lambda p: {
            **named(p),
            "ShardId": FIRST,
            "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": time.time() - 60,
        },
        ("ShardIterator",),
    ),
    "IncreaseStreamRetentionPeriod": Case(
        lambda p: {**named(p), "RetentionPeriodHours": TWO_DAYS},
        done=lambda p: p.summary["RetentionPeriodHours"] == TWO_DAYS,
    ),
    "ListShards": Case(
        lambda p: {**named(p), "ShardFilter": {"Type": "FROM_TRIM_HORIZON"}}, ("Shards",)
    ),
    "ListStreamConsumers": Case(lambda p: {"StreamARN": p.arn}, ("Consumers",)),
    "ListStreams": Case(lambda _: {}, ("StreamNames", "StreamSummaries")),
    "ListTagsForResource": Case(lambda p: {"ResourceARN": p.arn}, ("Tags",)),
    "ListTagsForStream": Case(named, ("Tags", "HasMoreTags")),
    "MergeShards": Case(
        lambda p: {**named(p), "ShardToMerge": FIRST, "AdjacentShardToMerge": SECOND},
        done=lambda p: p.summary["OpenShardCount"] == 1,
    ),
    "PutRecord": Case(
        lambda p: {**named(p), "PartitionKey": "k", "Data": "ü", "ExplicitHashKey": "7"},
        ("SequenceNumber", "ShardId"),
        lambda p: p.data == ["ü".encode()],
    ),
    "PutRecords": Case(
        lambda p: {
            **named(p),
            "Records": [{"Data": data, "PartitionKey": data} for data in "abc"],
        },
        ("FailedRecordCount", "Records"),
        lambda p: p.data == [b"a", b"b", b"c"],
    ),
    "PutResourcePolicy": Case(
        lambda p: {"ResourceARN": p.arn, "Policy": POLICY},
        done=lambda p: p.policy == json.loads(POLICY),
    ),
    "RegisterStreamConsumer": Case(
        lambda p: {"StreamARN": p.arn, "ConsumerName": "new"},
        ("Consumer",),
        lambda p: p.consumers == ["new"],
    ),
    "RemoveTagsFromStream": Case(
        lambda p: {"StreamName": p.with_tags(), "TagKeys": ["a"]},
        done=lambda p: p.tags == {"b": "2"},
    ),
    "SplitShard": Case(
        lambda p: {**named(p), "ShardToSplit": FIRST, "NewStartingHashKey": str(2**126)},
        done=lambda p: p.summary["OpenShardCount"] == 3,
    ),
    "StartStreamEncryption": Case(
        lambda p: {**named(p), "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
        done=lambda p: p.summary["EncryptionType"] == "KMS",
    ),
    "StopStreamEncryption": Case(
        lambda p: {**named(p), "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
        done=lambda p: p.summary["EncryptionType"] == "NONE",
    ),
    "SubscribeToShard": Case(
        lambda p: {
            "ConsumerARN": p.consumer,
            "ShardId": FIRST,
            "StartingPosition": {"Type": "TRIM_HORIZON"},
        },
        ("EventStream",),
    ),
    "TagResource": Case(
        lambda p: {"ResourceARN": p.arn, "Tags": {"a": "1"}}, done=lambda p: p.tags == {"a": "1"}
    ),
    "UntagResource": Case(
        lambda p: {"ResourceARN": p.with_tags() and p.arn, "TagKeys": ["a"]},
        done=lambda p: p.tags == {"b": "2"},
    ),
    "UpdateMaxRecordSize": Case(
        lambda p: {"StreamARN": p.arn, "MaxRecordSizeInKiB": 2048},
        done=lambda p: p.summary["MaxRecordSizeInKiB"] == 2048,
    ),
    "UpdateShardCount": Case(
        lambda p: {**named(p), "TargetShardCount": 4, "ScalingType": "UNIFORM_SCALING"},
        ("StreamName", "CurrentShardCount", "TargetShardCount"),
        lambda p: p.summary["OpenShardCount"] == 4,
    ),
    "UpdateStreamMode": Case(
        lambda p: {"StreamARN": p.arn, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        done=lambda p: p.summary["StreamModeDetails"]["StreamMode"] == "ON_DEMAND",
    ),
}
