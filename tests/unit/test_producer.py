"""Putting records: batches by count and bytes, and only failed entries again, in order."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from fake_aws import FakeAws

from devenv import producer
from devenv.errors import DevenvError
from devenv.producer import Record, put_records

REFUSED = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard shardId-000000000000",
}


class FakeKinesis:
    """PutRecords; an entry whose key is in `failures` fails that many times."""

    def __init__(self, failures: dict[str, int] | None = None) -> None:
        self.failures = failures or {}
        self.calls: list[list[str]] = []
        self.sizes: list[int] = []
        self._numbers = itertools.count(1)

    def put_records(self, *, StreamName: str, Records: Sequence[Any]) -> dict[str, Any]:
        assert StreamName == "rides"
        self.calls.append([entry["PartitionKey"] for entry in Records])
        self.sizes.append(sum(len(e["Data"]) + len(e["PartitionKey"].encode()) for e in Records))
        return {"Records": [self._answer(entry["PartitionKey"]) for entry in Records]}

    def _answer(self, key: str) -> dict[str, str]:
        if self.failures.get(key, 0) > 0:
            self.failures[key] -= 1
            return REFUSED
        return {"ShardId": "shardId-000000000000", "SequenceNumber": str(next(self._numbers))}


def records(count: int, size: int = 1) -> list[Record]:
    return [Record(b"x" * size, str(number)) for number in range(count)]


def put(kinesis: FakeKinesis, given: list[Record]) -> tuple[list[producer.Put], list[float]]:
    """Everything that was put, and the pauses that were made."""
    slept: list[float] = []
    aws: Any = FakeAws(kinesis)
    return list(put_records("rides", given, aws, sleep=slept.append)), slept


def test_each_record_is_yielded_with_where_it_went() -> None:
    """In the order in which they were given."""
    done, slept = put(FakeKinesis(), records(3))
    assert [(p.record.partition_key, p.sequence_number) for p in done] == [
        ("0", "1"),
        ("1", "2"),
        ("2", "3"),
    ]
    assert {p.shard_id for p in done} == {"shardId-000000000000"}
    assert slept == []


def test_no_records_are_no_call() -> None:
    """PutRecords takes at least one entry."""
    kinesis = FakeKinesis()
    assert put(kinesis, []) == ([], [])
    assert kinesis.calls == []


def test_a_call_has_at_most_500_entries() -> None:
    """PutRecords takes no more."""
    kinesis = FakeKinesis()
    done, _ = put(kinesis, records(1001))
    assert [len(call) for call in kinesis.calls] == [500, 500, 1]
    assert [p.record.partition_key for p in done] == [str(n) for n in range(1001)]


def test_a_call_has_at_most_its_share_of_bytes() -> None:
    """Data and partition keys count, as Kinesis counts them."""
    kinesis = FakeKinesis()
    done, _ = put(kinesis, records(12, size=1024 * 1024 - 2))
    assert len(done) == 12
    assert [len(call) for call in kinesis.calls] == [5, 5, 2]
    assert max(kinesis.sizes) <= producer.BYTES_PER_CALL


def test_partition_keys_count_in_bytes_not_in_letters() -> None:
    """A key of 256 letters may be 1 KiB."""
    kinesis = FakeKinesis()
    mebibyte = 1024 * 1024
    put(kinesis, [Record(b"x" * (mebibyte - 3), "€")] * 4 + [Record(b"x" * (mebibyte - 2), "€")])
    assert [len(call) for call in kinesis.calls] == [4, 1]


def test_a_record_larger_than_a_call_goes_alone() -> None:
    """It is Kinesis's to refuse."""
    kinesis = FakeKinesis()
    big = Record(b"x" * (producer.BYTES_PER_CALL + 1), "big")
    put(kinesis, [big, *records(1), big, *records(1)])
    assert kinesis.calls == [["big"], ["0"], ["big"], ["0"]]


def test_only_failed_entries_are_sent_again_in_order() -> None:
    """What was stored isn't doubled, and the result has the order of the input."""
    kinesis = FakeKinesis({"1": 2, "3": 1})
    done, slept = put(kinesis, records(5))
    assert kinesis.calls == [["0", "1", "2", "3", "4"], ["1", "3"], ["1"]]
    assert [p.record.partition_key for p in done] == ["0", "1", "2", "3", "4"]
    assert len(slept) == 2


def test_pauses_grow() -> None:
    """A shard takes 1,000 records a second: at once would only fail again."""
    _, slept = put(FakeKinesis({"0": producer.ATTEMPTS - 1}), records(1))
    assert len(slept) == producer.ATTEMPTS - 1
    ceilings = [producer.FIRST_PAUSE * 2**n for n in range(len(slept))]
    assert all(c / 2 <= pause <= c for pause, c in zip(slept, ceilings, strict=True))


def test_giving_up_says_how_many_where_and_kinesis_words() -> None:
    """And how many were stored all the same."""
    kinesis = FakeKinesis({"1": 99, "2": 99})
    with pytest.raises(DevenvError) as raised:
        put(kinesis, records(3))
    assert str(raised.value) == (
        "2 of 3 records were refused by rides at http://127.0.0.1:4566 8 times; 1 were stored. "
        "Kinesis says: ProvisionedThroughputExceededException: "
        "Rate exceeded for shard shardId-000000000000"
    )
    assert len(kinesis.calls) == producer.ATTEMPTS


def test_batches_before_the_failing_one_have_been_yielded() -> None:
    """A caller can tell what is stored."""
    kinesis = FakeKinesis({"500": 99})
    aws: Any = FakeAws(kinesis)
    puts = put_records("rides", records(501), aws, sleep=lambda seconds: None)
    assert len(list(itertools.islice(puts, 500))) == 500
    with pytest.raises(DevenvError):
        next(puts)
