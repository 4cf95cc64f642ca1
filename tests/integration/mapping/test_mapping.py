"""The mapping's wiring: delivery, failures, restarts, resharding, changes on the fly."""

import json
import time
from itertools import count
from statistics import median

from devenv.wait import wait_for

from ..s3.emulator import Emulator
from .mapped import READY, Mapped

POISON = "if 'poison' in data: raise ValueError('poison')"


def test_records_come_in_order_in_awss_shape(mapped: Mapped) -> None:
    created = mapped.create()
    assert created["State"] == "Creating"
    mapped.put("a", "b", "c", key="k")
    assert mapped.await_data("a", "b", "c") == [["a", "b", "c"]]
    [event] = mapped.events()
    record = event["Records"][0]
    number = record["kinesis"]["sequenceNumber"]
    assert record["eventID"] == f"shardId-000000000000:{number}"
    assert record["eventSourceARN"] == mapped.arn
    found = wait_for(
        lambda: f if (f := mapped.get())["LastProcessingResult"] == "OK" else None,
        timeout=READY,
        failure="not OK",
    )
    assert found["State"] == "Enabled"


def test_a_poison_record_ends_in_the_queue_alone(mapped: Mapped) -> None:
    queues = mapped.client("sqs")
    url = queues.create_queue(QueueName=mapped.name)["QueueUrl"]
    mapped.create(
        POISON,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={
            "OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:000000000000:{mapped.name}"}
        },
    )
    mapped.put("a", "b", "poison", "c", "d")
    mapped.await_data("a", "b", "c", "d")
    [message] = wait_for(
        lambda: queues.receive_message(QueueUrl=url).get("Messages"),
        timeout=READY,
        failure="no message",
    )
    body = json.loads(message["Body"])
    assert body["requestContext"]["approximateInvokeCount"] == 2
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert body["responseContext"]["functionError"] == "Unhandled"
    assert body["KinesisBatchInfo"]["batchSize"] == 1
    wait_for(lambda: mapped.batches()[-1][-1] == "d", timeout=READY, failure="d did not succeed")


def test_children_are_read_after_their_parent(mapped: Mapped) -> None:
    mapped.create()
    mapped.put("before")
    kinesis = mapped.client("kinesis")
    kinesis.split_shard(
        StreamName=mapped.name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    mapped.put("1", "2", "3", "4", "5")
    batches = mapped.await_data("before", "1", "2", "3", "4", "5")
    assert batches[0] == ["before"]


def test_a_disabled_mapping_goes_on_where_it_was(mapped: Mapped) -> None:
    mapped.create()
    mapped.put("a")
    mapped.await_data("a")
    functions = mapped.client("lambda")
    functions.update_event_source_mapping(UUID=mapped.uuid, Enabled=False)
    mapped.await_state("Disabled")
    mapped.put("b")
    functions.update_event_source_mapping(UUID=mapped.uuid, Enabled=True, BatchSize=7)
    assert mapped.await_data("b") == [["a"], ["b"]]
    assert mapped.await_state("Enabled")["BatchSize"] == 7


def test_lanes_keep_the_order_of_each_key(mapped: Mapped) -> None:
    mapped.create(ParallelizationFactor=4, BatchSize=5)
    for n in range(10):
        for key in "abcdef":
            mapped.put(f"{key}{n}", key=key)
    batches = mapped.await_data(*[f"{k}{n}" for n in range(10) for k in "abcdef"])
    flat = [text for batch in batches for text in batch]
    for key in "abcdef":
        assert [t for t in flat if t[0] == key] == [f"{key}{n}" for n in range(10)]


def test_a_stuck_shard_holds_up_no_other(mapped: Mapped) -> None:
    """One retries a poison record for ever; a record of the other takes as long as before."""
    mapped.create(POISON, shards=2)
    kinesis, numbers = mapped.client("kinesis"), count()

    def took() -> float:
        text = f"good {next(numbers)}"
        began = time.monotonic()
        kinesis.put_record(
            StreamName=mapped.name, Data=text, PartitionKey="k", ExplicitHashKey=str(2**127)
        )
        wait_for(
            lambda: text in "".join(t for batch in mapped.batches() for t in batch),
            timeout=READY,
            failure=f"{text} did not arrive",
            interval=0.002,
        )
        return time.monotonic() - began

    took()
    alone = median(took() for _ in range(15))
    kinesis.put_record(StreamName=mapped.name, Data="poison", PartitionKey="k", ExplicitHashKey="0")
    mapped.await_data("poison")
    beside = median(took() for _ in range(15))
    print(f"{alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms beside a stuck shard")  # noqa: T201
    assert beside < alone * 2 + 0.5
    assert mapped.get()["LastProcessingResult"] != "No records processed"


def test_a_mapping_made_anew_after_kill_9_goes_on_at_the_checkpoint(
    running: Emulator, mapped: Mapped
) -> None:
    """And one that was deleted begins at its starting position."""
    mapped.create()
    mapped.put("a")
    mapped.await_data("a")
    wait_for(lambda: mapped.get()["LastProcessingResult"] == "OK", timeout=READY, failure="not OK")
    running.restarted()
    mapped.put("b")
    mapped.function()
    mapped.map()
    assert mapped.await_data("b") == [["a"], ["b"]]
    functions = mapped.client("lambda")
    functions.delete_event_source_mapping(UUID=mapped.uuid)
    wait_for(
        lambda: not functions.list_event_source_mappings()["EventSourceMappings"],
        timeout=READY,
        failure="the mapping is still there",
    )
    mapped.map()
    wait_for(
        lambda: mapped.batches() == [["a"], ["b"], ["a", "b"]],
        timeout=READY,
        failure="it did not begin at TRIM_HORIZON",
    )
