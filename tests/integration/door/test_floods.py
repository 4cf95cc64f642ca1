"""Clients that would fill the emulator's memory: they send too much, or read nothing."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from ..s3.emulator import Emulator, emulator
from .attacks import JSON, signature

MB = 2**20


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Emulator]:
    with emulator(tmp_path) as made:
        made.start()
        yield made


def memory(instance: Emulator) -> int:
    running = instance.embedded.registry.find("emulator")
    assert running is not None
    return int(psutil.Process(running.pid).memory_info().rss)


def connection(instance: Emulator) -> socket.socket:
    address = urlsplit(str(instance.settings.endpoint_url))
    return socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=20)


def request(operation: str, body: bytes, length: int | None = None) -> bytes:
    lines = [
        "POST / HTTP/1.1",
        "Host: localhost",
        f"X-Amz-Target: Kinesis_20131202.{operation}",
        f"Content-Type: {JSON}",
        f"Authorization: {signature('kinesis')}",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_body_of_ten_gigabytes_is_refused_before_it_is_read(instance: Emulator) -> None:
    before = memory(instance)
    with connection(instance) as client:
        client.sendall(request("PutRecord", b"", length=10 * 2**30))
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(ConnectionError):
            client.sendall(bytes(600 * MB))
    assert memory(instance) - before < 50 * MB


def test_a_client_that_reads_no_answers_takes_no_memory(instance: Emulator) -> None:
    """It asks for half a gigabyte in all, and never looks at it."""
    kinesis = instance.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    records = [{"Data": bytes(MB - 100), "PartitionKey": "k"}] * 5
    kinesis.put_records(StreamName="s", Records=records)
    shard = {"StreamName": "s", "ShardId": "shardId-000000000000"}
    iterator = kinesis.get_shard_iterator(**shard, ShardIteratorType="TRIM_HORIZON")
    body = json.dumps({"ShardIterator": iterator["ShardIterator"]}).encode()
    before = memory(instance)
    with connection(instance) as client:
        client.sendall(request("GetRecords", body) * 80)
        for _ in range(20):  # While it waits, others are answered.
            kinesis.list_streams()
        assert memory(instance) - before < 100 * MB
