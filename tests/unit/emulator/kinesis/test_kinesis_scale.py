"""What a record costs doesn't depend on how many there are: found by key, none kept in memory.

How fast that is, with a million of them, scripts/million_records.py measures.
"""

import gc
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from kinesis_api import Api

from devenv.emulator.kinesis.records.storage import New, Records

pytestmark = pytest.mark.evidence("inference", "its own promise: cost does not grow with records")

SHARD = 9


@contextmanager
def statements(api: Api) -> Iterator[list[str]]:
    """All that SQLite is asked meanwhile."""
    found: list[str] = []
    database = api.kinesis.store._database
    # The pool gives the reader that came back last.
    with database.writing() as writer, database.reading() as reader:
        connections = (writer, reader)
        for connection in connections:
            connection.set_trace_callback(found.append)
    found.clear()  # Of the writer's empty transaction.
    yield found
    for connection in connections:
        connection.set_trace_callback(None)


def plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]


@pytest.mark.parametrize(
    "ask",
    [
        lambda records: records.head(SHARD + 1),
        lambda records: records.page(SHARD, 30, 10, 1000),
        lambda records: records.position_before(SHARD, 1050),
        lambda records: records.trim(SHARD, 1050),
    ],
    ids=["head", "page", "position_before", "trim"],
)
def test_records_are_found_by_their_key(api: Api, ask: Callable[[Records], object]) -> None:
    records = api.kinesis.store.records
    for moment in range(1000, 1100):
        records.append([New(SHARD, "k", b"x")], moment)
    with statements(api) as asked:
        ask(records)
    asked = [each for each in asked if "FROM records" in each]
    assert asked
    with api.kinesis.store._database.reading() as reader:
        steps = [step for each in asked for step in plan(reader, each)]
    assert all("USING INTEGER PRIMARY KEY" in step for step in steps if "records" in step)
    assert not [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step]


def test_appending_reads_nothing_once_the_end_is_known(api: Api) -> None:
    records = api.kinesis.store.records
    records.append([New(SHARD, "k", b"x")], 1000)
    with statements(api) as asked:
        records.append([New(SHARD, "k", b"x")] * 3, 1001)
    assert asked
    assert not [each for each in asked if "SELECT" in each]


def test_moments_are_found_by_halving(api: Api) -> None:
    records = api.kinesis.store.records
    records.append([New(SHARD, "k", b"x")] * 10_000, 1000)
    records.append([New(SHARD, "k", b"x")] * 10_000, 2000)
    with statements(api) as asked:
        assert records.position_before(SHARD, 1500) == 10_000
    assert len(asked) < 20


def test_no_record_stays_in_memory(api: Api) -> None:
    api.stream()
    entries = [{"Data": b"x" * 100, "PartitionKey": "k"}] * 500

    def put_and_read(times: int) -> None:
        iterator = api.iterator("LATEST")
        for _ in range(times):
            api("PutRecords", StreamName="s", Records=entries)
            page = api("GetRecords", ShardIterator=iterator)
            assert len(page["Records"]) == 500
            iterator = page["NextShardIterator"]

    put_and_read(2)
    tracemalloc.start()
    try:
        put_and_read(2)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        put_and_read(40)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000  # A byte for each record at most.
