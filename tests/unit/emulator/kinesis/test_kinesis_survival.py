"""What was acknowledged is there for the next process, and readers can wait for records."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from kinesis_api import Api

from devenv.emulator.kinesis.records import New
from devenv.emulator.kinesis.store import Store


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


PUT_UNTIL_KILLED = """
import sys
from pathlib import Path
from devenv.emulator.kinesis.records import New
from devenv.emulator.kinesis.store import Store
store = Store(Path(sys.argv[1]))
number = 0
while True:
    batch = [New(7, "k", b"%d" % (number + extra)) for extra in range(20)]
    places = store.records.append(batch, 1_795_000_000_000)
    number += len(batch)
    print(places[-1][0], flush=True)
"""


def test_what_was_acknowledged_is_there_after_kill_9_in_order_and_once(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    acknowledged = 0
    for _ in range(3):
        store = Store(path)
        before = store.records.head(7).position
        store.close()
        process = subprocess.Popen(
            [sys.executable, "-c", PUT_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            lines = [next(process.stdout) for _ in range(30)]
            process.send_signal(signal.SIGKILL)
            acknowledged = int((lines + process.stdout.readlines())[-1])
        store = Store(path)
        stored = store.records.page(7, 0, 100_000, 2**30)
        store.close()
        positions = [record.position for record in stored]
        assert positions == list(range(1, len(stored) + 1))
        assert len(stored) >= acknowledged
        assert [record.data for record in stored[before:]] == [
            b"%d" % number for number in range(len(stored) - before)
        ]


def test_reading_a_page_touches_no_more_of_a_large_shard(api: Api) -> None:
    """Memory and time stay: a page of a shard of 50,000 is found by its key, not by counting."""
    store = api.kinesis.store
    for start in range(0, 50_000, 5_000):
        store.records.append([New(9, "k", b"%d" % n) for n in range(start, start + 5_000)], start)
    assert [r.data for r in store.records.page(9, 49_990, 3, 100)] == [b"49990", b"49991", b"49992"]
    assert store.records.position_before(9, 25_000) == 25_000
    assert store.records.trim(9, 25_000) == 25_000
    assert store.records.page(9, 0, 1, 100)[0].data == b"25000"
