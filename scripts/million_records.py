"""Does Kinesis stay as fast, and the emulator as small, once a stream holds a million records?

.venv/bin/python scripts/million_records.py [RECORDS]

Starts two emulators, each in a throw-away DEVENV_HOME, and puts RECORDS (1,000,000) into one of
them. Then both are asked in turns, so that whatever else the machine does befalls both. Prints
Markdown for docs/benchmarks.md.
"""

import base64
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from devenv.pages import fetch
from devenv.wait import wait_for

PORTS = (4610, 4611)
ROUNDS = 150
PUT, GET = 500, 1000
STREAM = "rides"
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request",
}


@dataclass
class Emulator:
    """One that runs, and a connection to it that is kept."""

    process: psutil.Process
    connection: http.client.HTTPConnection

    def call(self, operation: str, body: bytes) -> Any:
        headers = {**HEADERS, "X-Amz-Target": f"Kinesis_20131202.{operation}"}
        self.connection.request("POST", "/", body, headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise SystemExit(f"{operation}: {response.status} {content.decode()}")
        return content

    def ask(self, operation: str, **request: Any) -> Any:
        content = self.call(operation, json.dumps(request).encode())
        return json.loads(content) if content else {}

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        return float(self.process.memory_info().rss / 2**20)


@dataclass
class Measured:
    """Calls of one kind to one emulator."""

    walls: list[float]
    cpu: float = 0.0

    @property
    def wall_ms(self) -> float:
        return statistics.median(self.walls) * 1000

    @property
    def cpu_ms(self) -> float:
        return self.cpu / len(self.walls) * 1000


def main(records: int) -> None:
    with ExitStack() as stack:
        empty, full = (stack.enter_context(emulator(port)) for port in PORTS)
        for each in (empty, full):
            each.ask("CreateStream", StreamName=STREAM, ShardCount=1)
        before = warm_up(empty), warm_up(full)
        middle = load(full, records)
        after = full.megabytes()
        rides = ride_records()
        puts = measure((empty, full), "PutRecords", (rides, rides))
        beginning = read_from(empty, "TRIM_HORIZON")
        there = read_from(full, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=middle)
        gets = measure((empty, full), "GetRecords", (beginning, there))
        end = empty.megabytes(), full.megabytes()
    print(f"| | empty stream | {records:,} records | ratio |\n| --- | --- | --- | --- |")
    for name, (few, many) in ((f"PutRecords of {PUT}", puts), (f"GetRecords of {GET:,}", gets)):
        for kind in ("wall_ms", "cpu_ms"):
            small, large = getattr(few, kind), getattr(many, kind)
            words = "median time" if kind == "wall_ms" else "emulator's CPU"
            print(f"| {name}: {words} | {small:.2f} ms | {large:.2f} ms | {large / small:.2f} |")
    print(f"| memory, after a warm-up | {before[0]:.0f} MB | {before[1]:.0f} MB (still empty) | |")
    print(f"| memory, loaded | | {after:.0f} MB | {after - before[1]:+.0f} MB |")
    print(f"| memory, in the end | {end[0]:.0f} MB | {end[1]:.0f} MB | {end[1] - end[0]:+.0f} MB |")


@contextmanager
def emulator(port: int) -> Iterator[Emulator]:
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="devenv-million-") as home:
        environ = {**os.environ, "AWS_ENDPOINT_URL": url, "DEVENV_HOME": home}
        with (Path(home) / "log").open("wb") as log:
            command = (sys.executable, "-m", "devenv.emulator")
            process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            wait_for(
                lambda: fetch(url + "/_localstack/health"),
                timeout=90,
                failure=f"The emulator at {url} did not answer within 90 s.",
            )
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            yield Emulator(psutil.Process(process.pid), connection)
        finally:
            process.terminate()
            process.wait()


def ride_records() -> bytes:
    """A PutRecords request."""
    rides = [
        {"ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66}, "ride_id": n}
        for n in random.sample(range(10**6, 10**7), PUT)
    ]
    entries = [
        {
            "Data": base64.b64encode(json.dumps(ride).encode()).decode(),
            "PartitionKey": str(ride["ride_id"]),
        }
        for ride in rides
    ]
    return json.dumps({"StreamName": STREAM, "Records": entries}).encode()


def warm_up(each: Emulator) -> float:
    """Bring it to what it needs anyway; its memory then, in MB."""
    for _ in range(20):
        each.call("PutRecords", ride_records())
    iterator = read_from(each, "TRIM_HORIZON")
    for _ in range(20):
        each.call("GetRecords", iterator)
    return each.megabytes()


def load(each: Emulator, records: int) -> str:
    """Put so many records; the sequence number of one in the middle."""
    body, count = ride_records(), max(1, records // PUT)
    began, middle = time.monotonic(), ""
    for number in range(count):
        answer = each.call("PutRecords", body)
        if number == count // 2:
            middle = json.loads(answer)["Records"][0]["SequenceNumber"]
    rate = count * PUT / (time.monotonic() - began)
    print(f"{count * PUT:,} records put, {rate:,.0f} a second", file=sys.stderr)
    return middle


def read_from(each: Emulator, kind: str, **more: str) -> bytes:
    """A GetRecords request."""
    place = {"StreamName": STREAM, "ShardId": "shardId-000000000000", "ShardIteratorType": kind}
    iterator = each.ask("GetShardIterator", **place, **more)["ShardIterator"]
    return json.dumps({"ShardIterator": iterator, "Limit": GET}).encode()


def measure(
    emulators: tuple[Emulator, Emulator], operation: str, bodies: tuple[bytes, bytes]
) -> tuple[Measured, Measured]:
    """Ask both in turns."""
    found = (Measured([]), Measured([]))
    begun = [each.cpu() for each in emulators]
    for number in range(ROUNDS):
        for which in (0, 1) if number % 2 else (1, 0):
            began = time.perf_counter()
            emulators[which].call(operation, bodies[which])
            found[which].walls.append(time.perf_counter() - began)
    for measured, each, before in zip(found, emulators, begun, strict=True):
        measured.cpu = each.cpu() - before
    return found


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1_000_000)
