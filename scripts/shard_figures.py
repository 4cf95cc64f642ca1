"""What shards do to each other: .venv/bin/python scripts/shard_figures.py [RECORDS]

Starts an emulator of its own, beside nothing else, with small functions that write down when they
got which record. Prints, for docs/benchmarks.md:

- how long a record takes from its put to the function, on a stream one of whose two shards is
  stuck on a record that fails and is tried again for ever, and on one that is well, asked in turns;
- how many waiting records a second (RECORDS, 20,000) a function that computes gets through, from
  one shard, and from four with ParallelizationFactor 2.
"""

import io
import json
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.aws import Aws
from devenv.bench import peers
from devenv.bootstrap.policies import READ_STREAM, TRUST
from devenv.bootstrap.streams import stream_arn
from devenv.output import counted
from devenv.producer import Record, put_records
from devenv.settings import from_process
from devenv.wait import wait_for

ROUNDS = 200
IDLE_SECONDS = (0.05, 0.2)
PATIENCE = 120.0
POISON = "poison"
COMPUTING = 2_000
"""Steps of arithmetic for each record, some 0.1 ms."""
LAST_HASH_KEY = str(2**128 - 1)
BATCH = 500

SOURCE = f"""
import base64, os, time
def handler(event, context):
    now, lines = time.time(), []
    for record in event["Records"]:
        key = record["kinesis"]["partitionKey"]
        if key == "{POISON}":
            raise ValueError("I can't take this one")
        base64.b64decode(record["kinesis"]["data"])
        sum(number * number for number in range(int(os.environ["STEPS"])))
        lines.append(f"{{key}} {{now}}\\n")
    with open(os.environ["NOTES"], "a") as notes:
        notes.write("".join(lines))
"""


@dataclass(frozen=True)
class Noted:
    """A stream whose function notes in a file what it gets, and when."""

    aws: Aws
    name: str
    notes: Path

    def put(self, key: str, hash_key: str) -> float:
        """When it was sent."""
        began = time.time()
        self.aws.kinesis.put_record(
            StreamName=self.name, Data=b"{}", PartitionKey=key, ExplicitHashKey=hash_key
        )
        return began

    def arrivals(self) -> dict[str, float]:
        """When each key's record was with the function."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return {key: float(moment) for key, moment in map(str.split, lines)}

    def latency(self, number: int) -> float:
        """Milliseconds until a record in the second shard is with the function."""
        key = str(number)
        began = self.put(key, LAST_HASH_KEY)
        found = wait_for(
            lambda: self.arrivals().get(key),
            timeout=PATIENCE,
            failure=f"{self.name}: record {key} did not reach the function",
            interval=0.005,
        )
        return (found - began) * 1000


def main(count: int = 20_000) -> None:
    settings = from_process()
    with (
        tempfile.TemporaryDirectory(prefix="devenv-shards-") as folder,
        peers.another(settings, tell) as emulator,
    ):
        aws = Aws(settings, emulator.url)
        role = make_role(aws)
        neighbours(aws, role, Path(folder))
        backlog(aws, role, Path(folder), count)


def neighbours(aws: Aws, role: str, folder: Path) -> None:
    for name in ("well", "stuck"):
        make_stream(aws, name, shards=2)
    with noted(aws, role, folder, "well") as well, noted(aws, role, folder, "stuck") as stuck:
        stuck.put(POISON, "0")
        for stream in (well, stuck):  # Starts the functions.
            stream.latency(-1)
        times: dict[str, list[float]] = {"well": [], "stuck": []}
        for number in range(ROUNDS):
            for stream in (well, stuck) if number % 2 else (stuck, well):
                times[stream.name].append(stream.latency(number))
                time.sleep(random.uniform(*IDLE_SECONDS))  # An idle stream, at no special moment.
    print(f"put → function, ms, {ROUNDS} records in turns:")
    for name, label in (("well", "both shards well"), ("stuck", "the other shard stuck")):
        found = statistics.quantiles(times[name], n=100)
        print(f"  {label:24} p50 {found[49]:5.1f}   p99 {found[98]:5.1f}")
    ratio = statistics.median(times["stuck"]) / statistics.median(times["well"])
    print(f"  ratio of the medians {ratio:.2f}", flush=True)


def backlog(aws: Aws, role: str, folder: Path, count: int) -> None:
    rates: dict[tuple[int, int], list[float]] = {(1, 1): [], (4, 2): []}
    for number in range(3):
        for (shards, lanes), found in rates.items():
            name = f"backlog-{number}-{shards}"
            found.append(drained(aws, role, folder, name, shards, lanes, count))
    print(f"{count:,} records waiting, batches of {BATCH}, records/s, medians of 3:")
    for (shards, lanes), found in rates.items():
        label = f"{counted(shards, 'shard')}, ParallelizationFactor {lanes}"
        print(f"  {label:34} {statistics.median(found):8,.0f}")


def drained(
    aws: Aws, role: str, folder: Path, name: str, shards: int, lanes: int, count: int
) -> float:
    """Records a second, from when the function got the first until the last was noted."""
    make_stream(aws, name, shards)
    list(put_records(name, [Record(b"{}", str(number)) for number in range(count)], aws))
    with noted(aws, role, folder, name, steps=COMPUTING, ParallelizationFactor=lanes) as stream:
        wait_for(
            lambda: len(stream.arrivals()) == count,
            timeout=PATIENCE,
            failure=f"{name}: not all {count} records reached the function",
            interval=0.1,
        )
        return count / (stream.notes.stat().st_mtime - min(stream.arrivals().values()))


def make_stream(aws: Aws, name: str, shards: int) -> None:
    aws.kinesis.create_stream(StreamName=name, ShardCount=shards)
    aws.kinesis.get_waiter("stream_exists").wait(StreamName=name)


@contextmanager
def noted(
    aws: Aws, role: str, folder: Path, name: str, *, steps: int = 0, **mapping: Any
) -> Iterator[Noted]:
    """The stream of that name with a function and its mapping; all three gone at the end."""
    notes = folder / f"{name}.txt"
    aws.functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zipped(SOURCE)},
        Timeout=60,
        Environment={"Variables": {"NOTES": str(notes), "STEPS": str(steps)}},
    )
    aws.functions.get_waiter("function_active_v2").wait(FunctionName=name)
    made = aws.functions.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=stream_arn(name, aws),
        StartingPosition="TRIM_HORIZON",
        BatchSize=BATCH,
        **mapping,
    )
    try:
        yield Noted(aws, name, notes)
    finally:
        aws.functions.delete_event_source_mapping(UUID=made["UUID"])
        aws.functions.delete_function(FunctionName=name)
        aws.kinesis.delete_stream(StreamName=name)


def make_role(aws: Aws) -> str:
    name = "shard-figures"
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    aws.iam.attach_role_policy(RoleName=name, PolicyArn=READ_STREAM)
    return role["Role"]["Arn"]


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


def tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
