"""A poison ride, from its put to its prediction: seen in batches, log and queue, and sent again
once the function has been put right."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from devenv.aws import Aws
from devenv.consumer import Start
from devenv.pipelines import PIPELINES
from devenv.producer import Put, Record, put_records
from devenv.readers.batches import Batch, Filters, Page, read_batches
from devenv.readers.conditions import condition
from devenv.readers.failures import Data, Failure, read_failures
from devenv.readers.invocations import invocations_between, last_invocations
from devenv.readers.records import Query, read_records
from devenv.readers.ways import Way, find_ways
from devenv.redrive import redrive
from devenv.settings import Settings
from devenv.wait import wait_for

from .zip_functions import Functions, make_role, zipped

READY = 60.0
SHAPE = PIPELINES["ride"].shape
SOURCE = """
import base64, json, os
import boto3
kinesis = boto3.client("kinesis")
def handler(event, context):
    print("got", len(event["Records"]))
    rides = [json.loads(base64.b64decode(r["kinesis"]["data"])) for r in event["Records"]]
    if any(ride["ride_id"].startswith("poison") for ride in rides):
        {answer}
    kinesis.put_records(
        StreamName=os.environ["OUT"],
        Records=[
            {{
                "Data": json.dumps({{"prediction": {{"ride_id": ride["ride_id"]}}}}),
                "PartitionKey": ride["ride_id"],
            }}
            for ride in rides
        ],
    )
"""
FAILING, CURED = "raise ValueError('poison')", "print('cured')"


class World:
    """A system of its own: two streams, a queue, a zip function and its mapping."""

    def __init__(self, settings: Settings, aws: Aws, functions: Functions) -> None:
        self.name = f"w{uuid.uuid4().hex[:8]}"
        self.aws, self.functions = aws, functions
        self.settings = replace(
            settings,
            input_stream=f"{self.name}-in",
            predictions_stream=f"{self.name}-out",
            failure_queue=f"{self.name}-failures",
        )
        for stream in (self.settings.input_stream, self.settings.predictions_stream):
            aws.kinesis.create_stream(StreamName=stream, ShardCount=1)
        aws.sqs.create_queue(QueueName=self.settings.failure_queue)
        made = functions.create(
            SOURCE.format(answer=FAILING),
            Role=self._role(),
            Environment={"Variables": {"OUT": self.settings.predictions_stream}},
        )
        self.settings = replace(self.settings, function_name=made)
        self.mapping = aws.functions.create_event_source_mapping(
            FunctionName=made,
            EventSourceArn=f"{self._arn('kinesis')}:stream/{self.settings.input_stream}",
            StartingPosition="TRIM_HORIZON",
            BisectBatchOnFunctionError=True,
            MaximumRetryAttempts=1,
            DestinationConfig={
                "OnFailure": {"Destination": f"{self._arn('sqs')}:{self.settings.failure_queue}"}
            },
        )["UUID"]

    def _arn(self, service: str) -> str:
        return f"arn:aws:{service}:us-east-1:000000000000"

    def _role(self) -> str:
        arn = make_role(self.aws.iam, self.name)
        allow = {
            "Effect": "Allow",
            "Action": ["sqs:SendMessage", "kinesis:PutRecords"],
            "Resource": f"arn:aws:*:*:*:*{self.name}-*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        self.aws.iam.put_role_policy(RoleName=self.name, PolicyName="send", PolicyDocument=document)
        return arn

    def cure(self) -> None:
        """Put the function right, and wait until it is."""
        name = self.settings.function_name
        self.aws.functions.update_function_code(
            FunctionName=name, ZipFile=zipped({"app.py": SOURCE.format(answer=CURED)})
        )
        self.functions.await_state(name, "Active")

    def put(self, *ids: str) -> list[Put]:
        rides = [Record(json.dumps({"ride": {}, "ride_id": id}).encode(), "k") for id in ids]
        return list(put_records(self.settings.input_stream, rides, self.aws))

    def batches(self, **filters: Any) -> list[Batch]:
        page = read_batches(Filters(mapping=self.settings.function_name, **filters), self.aws)
        assert isinstance(page, Page)
        return page.batches

    def failures(self) -> list[Failure]:
        found = read_failures(self.settings.failure_queue, self.aws)
        assert all(isinstance(each, Failure) for each in found)
        return found  # type: ignore[return-value]

    def await_failures(self, count: int) -> list[Failure]:
        def probe() -> list[Failure] | None:
            found = self.failures()
            return found if len(found) == count else None

        return wait_for(probe, timeout=READY, failure=f"no {count} failures")

    def predictions(self, id: str) -> list[Any]:
        where = [condition(f"prediction.ride_id={id}")]
        query = Query(self.settings.predictions_stream, where=where)
        return [record.value for record in read_records(query, self.aws)]

    def await_prediction(self, id: str) -> None:
        wait_for(lambda: self.predictions(id), timeout=READY, failure=f"{id} isn't predicted")

    def way(self, id: str) -> Way:
        return find_ways(id, self.settings, SHAPE, self.aws)[-1]

    def remove(self) -> None:
        self.aws.functions.delete_event_source_mapping(UUID=self.mapping)
        for stream in (self.settings.input_stream, self.settings.predictions_stream):
            self.aws.kinesis.delete_stream(StreamName=stream)
        url = self.aws.sqs.get_queue_url(QueueName=self.settings.failure_queue)["QueueUrl"]
        self.aws.sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def world(system: Settings, aws: Aws, functions: Functions) -> Iterator[World]:
    made = World(system, aws, functions)
    yield made
    made.remove()


def test_a_poison_ride_is_seen_cured_and_predicted(world: World) -> None:
    ids = ["a", "b", "poison-1", "c", "d"]
    puts = world.put(*ids)
    for id in ("a", "b", "c", "d"):
        world.await_prediction(id)
    number = puts[2].sequence_number

    # The tree of the batch that it was in, wherever that began.
    def done_with_it() -> Batch | None:
        (found,) = world.batches(sequence_number=number)
        return found if found.state == "DONE" else None

    batch = wait_for(done_with_it, timeout=READY, failure="the batch isn't done")
    assert batch.discarded == 1
    path = [attempt for attempt in batch.attempts if attempt.covers(number)]
    alone = path[-1]
    assert (alone.count, alone.then, alone.sent) == (1, "DISCARDED", True)
    assert (alone.error_type, alone.error) == ("ValueError", "poison")
    assert {attempt.result for attempt in path} == {"ERROR"}
    assert [batch.id] == [each.id for each in world.batches(failed=True)]

    # The message, with the data that it only names.
    (failure,) = world.await_failures(1)
    assert failure.covers(number)
    assert (failure.data, failure.attempts) == (Data.WHOLE, 2)
    (record,) = failure.records
    assert (record.value["ride_id"], record.partition_key) == ("poison-1", "k")

    # Its way: what was logged by each invocation that had it.
    way = wait_for(
        lambda: w if len((w := world.way("poison-1")).invocations) == len(path) else None,
        timeout=READY,
        failure="the log isn't there",
    )
    assert [tried.attempt.number for tried in way.attempts] == [each.number for each in path]
    assert all(each.error == "ValueError: poison" for each in way.invocations)
    assert all("got" in " ".join(line.text for line in i.lines) for i in way.invocations)
    assert [each.id for each in way.given_up] == [failure.id]
    assert way.predictions == ()
    kinds = [step.kind for step in way.steps()]
    assert kinds == ["PUT", *["ATTEMPT"] * len(path), "GIVEN_UP"]

    # To the function, which still fails: the message stays.
    queue = world.settings.failure_queue
    (tried,) = redrive(queue, [failure.id[:8]], "function", world.aws)
    assert not tried.done
    assert "ValueError" in str(tried.why)
    assert [each.id for each in world.failures()] == [failure.id]

    # Put right, and redriven: predicted, and nothing is left.
    world.cure()
    (dry,) = redrive(queue, None, "stream", world.aws, dry_run=True)
    assert dry.done
    assert world.predictions("poison-1") == []
    (done,) = redrive(queue, None, "stream", world.aws)
    assert done.done
    world.await_prediction("poison-1")
    assert world.failures() == []
    again = world.way("poison-1")
    assert [step.kind for step in again.steps()] == ["PUT", "ATTEMPT", "PREDICTION"]
    moments = [step.moment for step in again.steps()]
    assert moments == sorted(moments)
    assert again.unknown == ()


def test_the_function_can_be_handed_what_it_failed_on(world: World) -> None:
    world.put("poison-2")
    (failure,) = world.await_failures(1)
    world.cure()
    (done,) = redrive(world.settings.failure_queue, None, "function", world.aws)
    assert (done.done, done.failure.id) == (True, failure.id)
    assert len(world.predictions("poison-2")) == 1
    assert world.failures() == []


def test_invocations_are_read_from_the_log(world: World) -> None:
    """The first one's is a cold start; each figure is there, and what went wrong."""
    world.put("a", "poison-3")
    world.await_failures(1)

    def probe() -> Any:
        found = last_invocations(world.settings.function_name, world.aws)
        return found if len(found) >= 4 and found[-1].ended else None

    found = wait_for(probe, timeout=READY, failure="no four invocations are in the log")
    assert (found[0].cold, found[-1].cold) == (True, False)
    assert found[0].init_ms is not None
    assert found[0].init_ms > 0
    for each in found:
        assert each.duration_ms is not None
        assert (each.version, each.memory_mb) == ("$LATEST", 128)
        assert 0 < (each.max_memory_mb or 0) <= 128
        assert each.outcome in ("OK", "ERROR")
    failed = last_invocations(world.settings.function_name, world.aws, failed=True)
    assert {each.error for each in failed} == {"ValueError: poison"}
    begin, end = found[0].began, found[-1].began
    between = invocations_between(world.settings.function_name, world.aws, begin, end)
    assert [each.request_id for each in between] == [each.request_id for each in found]


def test_records_are_found_from_each_position(world: World) -> None:
    """On real streams, as AWS's API has them."""
    puts = world.put(*"abcd")
    stream = world.settings.input_stream

    def ids(**query: Any) -> list[str]:
        found = read_records(Query(stream, **query), world.aws)
        return [record.value["ride_id"] for record in found]

    second = puts[1].sequence_number
    assert ids() == [*"abcd"]
    assert ids(start=Start("AT_SEQUENCE_NUMBER", second)) == [*"bcd"]
    assert ids(start=Start("AFTER_SEQUENCE_NUMBER", second), limit=1) == ["c"]
    assert ids(start=Start("LATEST")) == []
    first = next(read_records(Query(stream, limit=1), world.aws))
    assert ids(start=Start("AT_TIMESTAMP", timestamp=first.arrived)) == [*"abcd"]
    assert ids(where=[condition("ride_id=c")]) == ["c"]
