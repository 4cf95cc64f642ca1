"""Putting and reading: what goes in comes out, in order, once, and what is refused."""

import base64

import pytest
from kinesis_api import Api, MakeApi
from localstack.aws.api import ServiceException

from devenv.emulator.kinesis.streams.hash_keys import MAX_HASH_KEY

pytestmark = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html"
)
RECORDED = pytest.mark.evidence("recorded", "https://github.com/mhart/kinesalite/tree/master/test")
MODEL = pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)
GUIDE = pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html"
)

MIB = 1024 * 1024


def test_records_are_read_in_the_order_in_which_they_were_put(api: Api) -> None:
    api.stream()
    for number in range(20):
        api.put(b"%d" % number)
    assert api.data() == [b"%d" % number for number in range(20)]


@RECORDED
def test_sequence_numbers_have_56_digits_and_grow(api: Api) -> None:
    api.stream()
    numbers = [api.put()["SequenceNumber"] for _ in range(5)]
    assert [len(number) for number in numbers] == [56] * 5
    assert numbers == sorted(numbers, key=int)
    assert len(set(numbers)) == 5


@MODEL
def test_a_record_has_all_that_was_put(api: Api) -> None:
    api.stream()
    put = api.put(b"\x00\xff", "key")
    [record] = api.read()["Records"]
    assert record["Data"] == b"\x00\xff"
    assert record["PartitionKey"] == "key"
    assert record["SequenceNumber"] == put["SequenceNumber"]
    assert record["ApproximateArrivalTimestamp"].timestamp() == pytest.approx(
        api.clock.now, abs=2e-3
    )


@MODEL
def test_base64_of_the_wire_is_decoded_once(api: Api) -> None:
    api.stream()
    inner = base64.b64encode(b"already encoded").decode()
    api(
        "PutRecord",
        StreamName="s",
        PartitionKey="k",
        Data=base64.b64encode(inner.encode()).decode(),
    )
    assert api.data() == [inner.encode()]


@pytest.mark.evidence("guide", "https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html")
def test_partition_keys_choose_the_shard_by_md5(api: Api) -> None:
    api.stream(shards=2)
    # MD5 of "a" begins with 0x0c, of "b" with 0x92.
    assert api.put(key="a")["ShardId"] == "shardId-000000000000"
    assert api.put(key="b")["ShardId"] == "shardId-000000000001"


@MODEL
@pytest.mark.parametrize("key", ["0", str(MAX_HASH_KEY)])
def test_the_ends_of_the_hash_range_can_be_used(api: Api, key: str) -> None:
    api.stream(shards=3)
    expected = "shardId-000000000000" if key == "0" else "shardId-000000000002"
    assert api.put(ExplicitHashKey=key)["ShardId"] == expected


@RECORDED
def test_a_hash_key_of_2_to_the_128_is_refused(api: Api) -> None:
    api.stream()
    with pytest.raises(ServiceException, match=r"must be in the range: \[0, 2\^128-1\]") as e:
        api.put(ExplicitHashKey=str(MAX_HASH_KEY + 1))
    assert e.value.code == "InvalidArgumentException"


@MODEL
def test_501_records_are_refused(api: Api) -> None:
    api.stream()
    records = [{"Data": b"", "PartitionKey": "k"}] * 501
    with pytest.raises(ServiceException, match="length less than or equal to 500") as e:
        api("PutRecords", StreamName="s", Records=records)
    assert e.value.code == "ValidationException"
    assert api.data() == []


def test_data_and_key_together_over_the_record_limit_are_refused(api: Api) -> None:
    api.stream()
    api.put(b"x" * (MIB - 1))
    with pytest.raises(ServiceException, match="less than or equal to 1048576") as e:
        api.put(b"x" * MIB)
    assert e.value.code == "ValidationException"


@RECORDED
def test_all_records_over_the_limit_are_named_as_aws_names_them(api: Api) -> None:
    api.stream()
    large, small = ({"Data": b"x" * size, "PartitionKey": "k"} for size in (MIB, 1))
    with pytest.raises(ServiceException) as e:
        api("PutRecords", StreamName="s", Records=[large, small, large])
    buffer = "java.nio.HeapByteBuffer[pos=0 lim=1048576 cap=1048576]"
    constraint = "Member must have length less than or equal to 1048576"
    named = [
        f"Value '{buffer}' at 'records.{number}.member.data' failed to satisfy constraint: "
        + constraint
        for number in (1, 3)
    ]
    assert e.value.message == f"2 validation errors detected: {'; '.join(named)}"
    assert api.data() == []


def test_over_10_mib_in_a_request_are_refused_whole(api: Api) -> None:
    api.stream()
    records = [{"Data": b"x" * (MIB - 1), "PartitionKey": "k"}] * 10
    api("PutRecords", StreamName="s", Records=records)
    with pytest.raises(ServiceException, match="exceeds 10 MB"):
        api("PutRecords", StreamName="s", Records=records + [{"Data": b"x", "PartitionKey": "k"}])


@GUIDE
def test_a_page_ends_at_10_mib_and_the_next_goes_on(api: Api) -> None:
    api.stream()
    for _ in range(12):
        api.put(b"x" * (MIB - 1))
    first = api.read()
    assert len(first["Records"]) == 10
    assert first["MillisBehindLatest"] == 0  # The clock stood still: nothing is older than now.
    second = api("GetRecords", ShardIterator=first["NextShardIterator"])
    assert len(second["Records"]) == 2


@GUIDE
def test_millis_behind_latest_is_the_age_of_the_last_record_read(api: Api) -> None:
    api.stream()
    for _ in range(3):
        api.put()
        api.clock.pass_(1.5)
    page = api("GetRecords", ShardIterator=api.iterator(), Limit=1)
    assert page["MillisBehindLatest"] == 4500
    page = api("GetRecords", ShardIterator=page["NextShardIterator"], Limit=2)
    assert page["MillisBehindLatest"] == 0


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html"
)
def test_records_expire_after_the_retention_period_and_leave_the_disk(api: Api) -> None:
    api.stream()
    for number in range(5):
        api.put(b"old %d" % number)
    api.clock.pass_(24 * 3600 + 1)
    assert api.data() == []
    api.put(b"new")
    assert api.data() == [b"new"]
    api.clock.pass_(11)
    assert api.data() == [b"new"]
    shard = api.kinesis.by_name("000000000000", "us-east-1", "s").shards[0]
    assert [record.data for record in api.kinesis.store.records.page(shard.key, 0, 9, 99)] == [
        b"new"
    ]


@pytest.mark.evidence("inference", "numbers are unique in a stream for ever")
def test_sequence_numbers_grow_on_even_if_everything_expired(api: Api) -> None:
    api.stream()
    first = api.put()["SequenceNumber"]
    api.clock.pass_(25 * 3600)
    api.data()
    api.clock.pass_(25 * 3600)
    again = api.restart()
    assert int(again.put()["SequenceNumber"]) > int(first)


@pytest.mark.evidence("inference", "numbers grow within a shard whatever the clock does")
def test_a_clock_set_back_does_not_upset_the_order(api: Api) -> None:
    api.stream()
    api.clock.pass_(120)
    api.put(b"1")
    api.clock.pass_(-60)
    api.put(b"2")
    arrivals = [r["ApproximateArrivalTimestamp"] for r in api.read()["Records"]]
    assert arrivals == sorted(arrivals)


@pytest.mark.evidence(
    "guide", "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"
)
def test_the_limits_of_a_shard_can_be_switched_on(make_api: MakeApi) -> None:
    api = make_api(enforce_throughput=True)
    api.stream()
    records = [{"Data": b"x", "PartitionKey": "k"}] * 500
    for _ in range(2):
        assert api("PutRecords", StreamName="s", Records=records)["FailedRecordCount"] == 0
    answer = api("PutRecords", StreamName="s", Records=records)
    assert answer["FailedRecordCount"] == 500
    assert answer["Records"][0] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream s under account "
        "000000000000.",
    }
    with pytest.raises(ServiceException, match="Rate exceeded"):
        api.put()
    api.clock.pass_(1)
    api.put()
    for _ in range(5):
        api.read()
    with pytest.raises(ServiceException, match="Rate exceeded") as e:
        api.read()
    assert e.value.code == "ProvisionedThroughputExceededException"


@pytest.mark.evidence("inference", "a switch of the emulator's own")
def test_a_fraction_of_the_puts_can_be_made_to_fail(make_api: MakeApi) -> None:
    api = make_api(fault_rate=0.3)
    api.stream()
    records = [{"Data": b"x", "PartitionKey": "k"}] * 500
    failed = api("PutRecords", StreamName="s", Records=records)["FailedRecordCount"]
    assert 50 < failed < 300


@RECORDED
def test_a_put_to_a_stream_that_is_not_there_says_so(api: Api) -> None:
    with pytest.raises(
        ServiceException, match="Stream s under account 000000000000 not found"
    ) as e:
        api.put()
    assert e.value.code == "ResourceNotFoundException"
