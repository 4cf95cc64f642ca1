"""kill -9 while records come in, twenty times: what was acknowledged is there, in order, once."""

import itertools
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from .kinesis_server import Server, serving

pytestmark = pytest.mark.evidence("inference", "its own promise: what was acknowledged is there")

ROUNDS = 20
KEYS = {"PutRecord": ("a", "b"), "PutRecords": ("c", "e")}
"""Each pair has a key in either of the two shards. Every writer's are its own, by its number."""
BATCH = 5


@dataclass
class Writer:
    """Puts numbered records under two keys of its own until nobody answers any more."""

    name: str
    operation: str
    numbers: Iterator[int] = field(default_factory=itertools.count)
    acknowledged: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    """Sequence numbers and data, by partition key."""
    in_doubt: set[bytes] = field(default_factory=set)
    """What was being put when the server was killed."""

    def run(self, client: Any, answered: "threading.Semaphore") -> None:
        while True:
            records = [
                {"PartitionKey": f"{key}{self.name}", "Data": b"%d" % next(self.numbers)}
                for key in KEYS[self.operation] * (BATCH if self.operation == "PutRecords" else 1)
            ]
            try:
                if self.operation == "PutRecords":
                    self.put(client, records)
                else:
                    for record in records:
                        self.put(client, [record])
            except BotoCoreError:
                return
            finally:
                answered.release()

    def put(self, client: Any, records: list[dict[str, Any]]) -> None:
        self.in_doubt = {record["Data"] for record in records}
        if self.operation == "PutRecords":
            answers = client.put_records(StreamName="s", Records=records)["Records"]
        else:
            answers = [client.put_record(StreamName="s", **records[0])]
        for record, answer in zip(records, answers, strict=True):
            done = self.acknowledged.setdefault(record["PartitionKey"], [])
            done.append((answer["SequenceNumber"], record["Data"]))
        self.in_doubt = set()

    def check(self, stored: dict[str, list[tuple[str, bytes]]]) -> None:
        """What was acknowledged is stored, in order and once; beside it only what's in doubt."""
        for key, acknowledged in self.acknowledged.items():
            last = len(acknowledged)
            assert stored[key][:last] == acknowledged
            more = [data for _, data in stored[key][last:]]
            assert more == sorted(self.in_doubt.intersection(more), key=int)
            self.acknowledged[key] = stored[key]
        self.in_doubt = set()


def put_until_killed(server: Server, client: Any, writers: list[Writer], answers: int) -> None:
    answered = threading.Semaphore(0)
    threads = [threading.Thread(target=writer.run, args=(client, answered)) for writer in writers]
    for thread in threads:
        thread.start()
    for _ in range(answers):
        assert answered.acquire(timeout=60)
    server.process.kill()
    for thread in threads:
        thread.join(timeout=60)


def read(client: Any) -> dict[str, list[tuple[str, bytes]]]:
    """All records, by partition key. Their sequence numbers must grow in each shard."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for shard in client.list_shards(StreamName="s")["Shards"]:
        records: list[dict[str, Any]] = []
        iterator = client.get_shard_iterator(
            StreamName="s", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while page := client.get_records(ShardIterator=iterator):
            records += page["Records"]
            iterator = page["NextShardIterator"]
            if not page["Records"]:
                break
        numbers = [int(record["SequenceNumber"]) for record in records]
        assert numbers == sorted(set(numbers))
        assert records
        for record in records:
            place = (record["SequenceNumber"], record["Data"])
            found.setdefault(record["PartitionKey"], []).append(place)
    return found


def test_acknowledged_records_survive_kill_9_in_order_and_once(tmp_path: Path) -> None:
    path, chance = tmp_path / "kinesis.db", random.Random(1)
    writers = [
        Writer(str(number), operation)
        for number, operation in enumerate(["PutRecord", "PutRecords"] * 2)
    ]
    for round_ in range(ROUNDS + 1):
        with serving(path) as server:
            client = server.client()
            if round_ == 0:
                client.create_stream(StreamName="s", ShardCount=2)
            else:
                stored = read(client)
                for writer in writers:
                    writer.check(stored)
            if round_ < ROUNDS:
                put_until_killed(server, client, writers, answers=chance.randint(5, 80))
    assert sum(len(each) for writer in writers for each in writer.acknowledged.values()) > 1000
