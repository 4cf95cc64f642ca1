"""Over 1,000 malformed records through the whole system: none crashes it, each is accounted for."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from malformed import CORPUS, GOOD, generated

from devenv.aws import Aws
from devenv.bootstrap.mapping import find_mapping
from devenv.bootstrap.streams import stream_arn
from devenv.consumer import StreamReader
from devenv.producer import Put, Record, put_records
from devenv.settings import Settings
from devenv.wait import wait_for

from .conftest import MakeSystem

GENERATED = 1000
KEYS = 40
PATIENCE = 300.0


@pytest.fixture
def apart(system: Settings, make_system: MakeSystem, aws: Aws) -> Iterator[Settings]:
    """A system as the bootstrap makes it; its mapping reads with four lanes, and tries no bad
    record again, so that a thousand of them take seconds."""
    settings = replace(
        system,
        function_name="malformed",
        role_name="malformed",
        failure_queue="malformed-failures",
        input_stream="malformed_events",
        predictions_stream="malformed_predictions",
    )
    make_system(settings)
    mapping = find_mapping("malformed", stream_arn("malformed_events", aws), aws)
    assert mapping is not None
    aws.functions.update_event_source_mapping(
        UUID=mapping["UUID"], ParallelizationFactor=4, MaximumRetryAttempts=0
    )
    yield settings
    aws.functions.delete_event_source_mapping(UUID=mapping["UUID"])
    aws.functions.delete_function(FunctionName="malformed")


def failures(settings: Settings, aws: Aws) -> Iterator[Any]:
    """What the failure queue is told, until nothing has come for a while."""
    url = aws.sqs.get_queue_url(QueueName=settings.failure_queue)["QueueUrl"]
    while True:
        got = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        if not (messages := got.get("Messages")):
            return
        yield from (json.loads(message["Body"]) for message in messages)
        entries: Any = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
            for n, message in enumerate(messages)
        ]
        aws.sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def test_every_record_is_predicted_or_told_of(apart: Settings, aws: Aws) -> None:
    bad = [*CORPUS, *generated(GENERATED)]
    records, rides, places = [], list[str](), list[int]()
    for n, data in enumerate(bad):
        places.append(len(records))
        records.append(Record(data, str(n % KEYS)))
        if n % 25 == 0:
            rides.append(f"ride-{n}")
            good = json.dumps(GOOD | {"ride_id": rides[-1]}).encode()
            records.append(Record(good, str(n % KEYS)))
    reader = StreamReader(apart.predictions_stream, "TRIM_HORIZON", aws)
    put: list[Put] = list(put_records(apart.input_stream, records, aws))
    assert len(put) == len(records)
    expected = Counter(put[place].sequence_number for place in places)
    told: list[Any] = []

    def all_told() -> bool:
        told.extend(failures(apart, aws))
        return len(told) >= len(bad)

    wait_for(all_told, timeout=PATIENCE, interval=0, failure="records that nobody was told of")
    infos = [message["KinesisBatchInfo"] for message in told]
    assert all(info["startSequenceNumber"] == info["endSequenceNumber"] for info in infos)
    assert Counter(info["startSequenceNumber"] for info in infos) == expected
    # A function error would be one that crashed: these were answered, with a partial response.
    assert {message["responseContext"]["functionError"] for message in told} == {None}
    found: list[str] = []
    for record in reader.read(until=lambda: len(found) >= len(rides)):
        found.append(json.loads(record.data)["prediction"]["ride_id"])
    assert sorted(found) == sorted(rides)
