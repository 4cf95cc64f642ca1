"""What was acknowledged is there for the next process, and readers can wait for records."""

import threading

import pytest
from kinesis_api import Api

from devenv.emulator.kinesis.store import Store

pytestmark = pytest.mark.evidence("inference", "its own promise: what was acknowledged is there")


def test_streams_records_and_iterators_outlive_the_process(api: Api) -> None:
    api.stream(shards=2)
    api.put(b"1", "a")
    iterator = api.iterator()
    again = api.restart()
    again.put(b"2", "a")
    records = again("GetRecords", ShardIterator=iterator)["Records"]
    assert [record["Data"] for record in records] == [b"1", b"2"]
    assert int(records[0]["SequenceNumber"]) < int(records[1]["SequenceNumber"])


def test_a_stream_made_anew_after_deletion_is_empty(api: Api) -> None:
    api.stream()
    api.put()
    api("DeleteStream", StreamName="s")
    again = api.restart()
    again.stream()
    assert again.data() == []


def test_records_of_an_interrupted_deletion_are_removed_at_the_next_start(api: Api) -> None:
    api.stream()
    api.put()
    [shard] = api.kinesis.by_name("000000000000", "us-east-1", "s").shards
    with api.kinesis.store._database.writing() as writer:
        writer.execute("DELETE FROM streams")
        writer.execute("INSERT INTO orphans VALUES (?)", (shard.key,))
    again = api.restart()
    assert again.kinesis.store.records.page(shard.key, 0, 10, 1000) == []


def test_a_waiting_reader_is_woken_by_a_put(api: Api) -> None:
    api.stream()
    [shard] = api.kinesis.by_name("000000000000", "us-east-1", "s").shards
    woken: list[bool] = []
    reader = threading.Thread(
        target=lambda: woken.append(api.kinesis.store.records.wait(shard.key, 0, timeout=30))
    )
    reader.start()
    api.put()
    reader.join(timeout=10)
    assert woken == [True]
    assert api.kinesis.store.records.wait(shard.key, 1, timeout=0) is False


def test_threads_that_put_at_once_lose_and_double_nothing(api: Api) -> None:
    api.stream()
    threads = [
        threading.Thread(target=lambda n=n: [api.put(b"%d.%d" % (n, i)) for i in range(50)])
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = api.read()["Records"]
    assert len({record["Data"] for record in records}) == 300
    numbers = [int(record["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))


def test_a_store_can_be_opened_twice_in_turn(api: Api) -> None:
    Store(api.path).close()
    Store(api.path).close()
