"""Shard iterators: the five types, what they refuse, their end."""

import pytest
from kinesis_api import Api
from localstack.aws.api import ServiceException

from devenv.emulator.kinesis.service import Caller

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html"
)
RECORDED = pytest.mark.evidence("recorded", "https://github.com/mhart/kinesalite/tree/master/test")


def five_records(api: Api) -> list[str]:
    """Records 0 to 4, half a second apart; their sequence numbers."""
    api.stream()
    numbers = []
    for number in range(5):
        numbers.append(api.put(b"%d" % number)["SequenceNumber"])
        api.clock.pass_(0.5)
    return numbers


def test_latest_starts_after_what_is_there(api: Api) -> None:
    five_records(api)
    iterator = api.iterator("LATEST")
    api.put(b"new")
    assert [r["Data"] for r in api("GetRecords", ShardIterator=iterator)["Records"]] == [b"new"]


def test_at_and_after_a_sequence_number(api: Api) -> None:
    numbers = five_records(api)
    at = api.data("AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[3])
    after = api.data("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[3])
    assert (at, after) == ([b"3", b"4"], [b"4"])


def test_a_shards_own_starting_number_can_be_used(api: Api) -> None:
    five_records(api)
    [shard] = api("ListShards", StreamName="s")["Shards"]
    start = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    assert len(api.data("AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)) == 5
    assert len(start) == 56


def test_at_timestamp_is_exact_to_the_millisecond(api: Api) -> None:
    five_records(api)
    third = api.read()["Records"][2]["ApproximateArrivalTimestamp"].timestamp()
    assert api.data("AT_TIMESTAMP", Timestamp=third)[0] == b"2"
    assert api.data("AT_TIMESTAMP", Timestamp=third + 0.001)[0] == b"3"
    assert api.data("AT_TIMESTAMP", Timestamp=0)[0] == b"0"


def test_at_timestamp_in_the_future_is_refused(api: Api) -> None:
    api.stream()
    with pytest.raises(ServiceException, match="timestampInMillis parameter cannot be greater"):
        api.iterator("AT_TIMESTAMP", Timestamp=api.clock.now + 1)


def test_iterators_expire_after_five_minutes(api: Api) -> None:
    api.stream()
    iterator = api.iterator()
    api.clock.pass_(300)
    api("GetRecords", ShardIterator=iterator)
    api.clock.pass_(0.01)
    with pytest.raises(ServiceException, match=r"Iterator expired\. The iterator was created") as e:
        api("GetRecords", ShardIterator=iterator)
    assert e.value.code == "ExpiredIteratorException"


@pytest.mark.evidence(
    "recorded", "https://github.com/localstack/localstack/tree/main/tests/aws/services/kinesis"
)
def test_an_iterator_may_stand_in_double_quotes(api: Api) -> None:
    """As the AWS CLI prints it, and the tutorials' recipes hand it on."""
    numbers = five_records(api)
    page = api("GetRecords", ShardIterator=f'"{api.iterator()}"')
    assert [record["SequenceNumber"] for record in page["Records"]] == numbers


@RECORDED
@pytest.mark.parametrize("garbage", ["garbage", "AAAA", "é", "A" * 120, "=" * 8])
def test_a_garbage_iterator_is_an_invalid_argument(api: Api, garbage: str) -> None:
    api.stream()
    with pytest.raises(ServiceException, match="Invalid ShardIterator") as e:
        api("GetRecords", ShardIterator=garbage)
    assert e.value.code == "InvalidArgumentException"


@pytest.mark.evidence("inference", "an iterator is opaque: one that AWS didn't make is none")
def test_an_iterator_that_was_tampered_with_is_refused(api: Api) -> None:
    api.stream()
    iterator = api.iterator()
    for place in range(0, len(iterator), 7):
        other = "B" if iterator[place] == "A" else "A"
        with pytest.raises(ServiceException, match="Invalid ShardIterator"):
            api("GetRecords", ShardIterator=iterator[:place] + other + iterator[place + 1 :])


@pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)
def test_iterators_of_the_longest_name_are_short_enough(api: Api) -> None:
    name = "n" * 128
    api.stream(name=name)
    iterator = api("GetShardIterator", StreamName=name, ShardId="0", ShardIteratorType="LATEST")[
        "ShardIterator"
    ]
    assert len(iterator) <= 512
    api("GetRecords", ShardIterator=iterator)


@RECORDED
@pytest.mark.parametrize("bogus", ["0", "1", "12345678901234567890123456789", "9" * 56, "9" * 129])
def test_a_bogus_sequence_number_is_an_invalid_argument(api: Api, bogus: str) -> None:
    five_records(api)
    with pytest.raises(ServiceException, match=r"is invalid|It encodes") as e:
        api.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber=bogus)
    assert e.value.code == "InvalidArgumentException"


@RECORDED
def test_another_shards_or_streams_number_is_refused(api: Api) -> None:
    api.stream(shards=2)
    number = api.put(key="b")["SequenceNumber"]
    with pytest.raises(ServiceException, match="It encodes shardId-000000000001"):
        api.iterator("AT_SEQUENCE_NUMBER", "0", StartingSequenceNumber=number)
    api("DeleteStream", StreamName="s")
    api.clock.pass_(2)
    api.stream(shards=2)
    with pytest.raises(ServiceException, match="did not come from this stream"):
        api.iterator("AT_SEQUENCE_NUMBER", "1", StartingSequenceNumber=number)


@RECORDED
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("AT_SEQUENCE_NUMBER", {}),
        ("LATEST", {"StartingSequenceNumber": "1"}),
        ("AT_TIMESTAMP", {}),
    ],
)
def test_a_type_without_its_parameter_is_refused(api: Api, kind: str, more: dict[str, str]) -> None:
    api.stream()
    with pytest.raises(ServiceException, match="Must ") as e:
        api.iterator(kind, **more)
    assert e.value.code == "InvalidArgumentException"


@RECORDED
@pytest.mark.parametrize("name", ["shardId-000000000001", "shardId-1", "1"])
def test_short_shard_ids_are_understood(api: Api, name: str) -> None:
    api.stream(shards=2)
    assert api.data(shard=name) == []


@RECORDED
@pytest.mark.parametrize("name", ["shardId-000000000007", "nonsense"])
def test_a_shard_that_is_not_there_is_not_found(api: Api, name: str) -> None:
    api.stream()
    with pytest.raises(ServiceException, match="Could not find shard") as e:
        api.iterator(shard=name)
    assert e.value.code == "ResourceNotFoundException"


@pytest.mark.evidence("inference", "the stream is not there")
def test_an_iterator_of_a_deleted_stream_finds_nothing(api: Api) -> None:
    api.stream()
    iterator = api.iterator()
    api("DeleteStream", StreamName="s")
    api.stream()
    with pytest.raises(ServiceException, match="does not exist") as e:
        api("GetRecords", ShardIterator=iterator)
    assert e.value.code == "ResourceNotFoundException"


@pytest.mark.evidence("inference", "accounts and regions share nothing")
def test_streams_of_another_account_or_region_are_apart(api: Api) -> None:
    five_records(api)
    for caller in (Caller("111111111111", "us-east-1"), Caller("000000000000", "eu-west-1")):
        api.caller = caller
        with pytest.raises(ServiceException, match="not found"):
            api.data()


@pytest.mark.evidence("inference", "regions share nothing")
def test_an_arn_of_another_region_is_not_found(api: Api) -> None:
    api.stream()
    arn = "arn:aws:kinesis:eu-west-1:000000000000:stream/s"
    with pytest.raises(ServiceException, match="eu-west-1") as e:
        api("DescribeStreamSummary", StreamARN=arn)
    assert e.value.code == "ResourceNotFoundException"
    assert api("DescribeStreamSummary", StreamARN=arn.replace("eu-west-1", "us-east-1"))
