"""What was given up, its data read back while the stream has it, and sent again."""

import base64
import json
from typing import Any

import pytest
from fake_aws import FakeAws, client_error
from fake_queue import FUNCTION, STREAM_ARN, FakeFunction, FakeQueue, told
from fake_stream import ARRIVED, FakeStream

from devenv.errors import BadInput, NotFound
from devenv.readers.failures import Data, Failure, Foreign, read_failures
from devenv.redrive import Redriven, Target, delete, redrive


class PutStream(FakeStream):
    """One that takes records, unless `refusing` says why not."""

    def __init__(self, *shard_ids: str) -> None:
        super().__init__(*shard_ids)
        self.puts: list[tuple[str, str, bytes]] = []
        self.refusing: Exception | None = None

    def put_records(self, *, StreamName: str, Records: Any) -> Any:
        if self.refusing:
            raise self.refusing
        self.puts += [(StreamName, r["PartitionKey"], r["Data"]) for r in Records]
        return {"Records": [{"ShardId": "shard-0", "SequenceNumber": "9"} for _ in Records]}


@pytest.fixture
def stream() -> PutStream:
    made = PutStream("shard-0")
    made.put("shard-0", '{"id": 0}', '{"id": 1}', '{"id": 2}', '{"id": 3}')
    return made


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


def aws(queue: FakeQueue, stream: FakeStream, function: FakeFunction | None = None) -> Any:
    return FakeAws(stream, functions=function, sqs=queue, invocations=function)


def failures(queue: FakeQueue, stream: FakeStream) -> list[Failure]:
    found = read_failures("failures", aws(queue, stream), sleep=lambda _: None)
    assert all(isinstance(each, Failure) for each in found)
    return found  # type: ignore[return-value]


def test_a_failure_has_its_data(queue: FakeQueue, stream: PutStream) -> None:
    queue.send(told(1))
    (found,) = failures(queue, stream)
    assert (found.id, found.condition, found.attempts, found.error) == (
        "0a-message",
        "RetryAttemptsExhausted",
        3,
        "Unhandled",
    )
    assert (found.function, found.request_id) == (FUNCTION, "request-1")
    assert (found.stream, found.stream_arn, found.shard_id) == ("rides", STREAM_ARN, "shard-0")
    assert (found.data, found.why) == (Data.WHOLE, None)
    (record,) = found.records
    assert (record.value, record.partition_key, record.arrived) == ({"id": 1}, "key-1", ARRIVED)
    assert found.covers("1")
    assert not found.covers("2")


def test_all_messages_are_read_and_given_back(queue: FakeQueue, stream: PutStream) -> None:
    """By when they were sent; twenty-five take three looks, and one that finds nothing."""
    queue.send(*(told(n % 4) for n in range(25)))
    found = failures(queue, stream)
    assert [each.id for each in found] == [f"{n}a-message" for n in range(25)]
    assert (queue.hidden, queue.receives) == (set(), 4)
    assert len(read_failures("failures", aws(queue, stream), most=7)) == 7
    assert queue.hidden == set()


def test_they_are_given_back_whatever_goes_wrong(queue: FakeQueue, stream: PutStream) -> None:
    queue.send(told(1))
    stream.get_records = lambda **_: 1 / 0  # type: ignore[method-assign,assignment]
    with pytest.raises(ZeroDivisionError):
        failures(queue, stream)
    assert queue.hidden == set()


def test_several_records_are_read_to_the_last(queue: FakeQueue, stream: PutStream) -> None:
    """Page by page, also while a shard is throttled."""
    stream.throttled = ["shard-0"]
    queue.send(told(1, 2))
    (found,) = failures(queue, stream)
    assert [record.value["id"] for record in found.records] == [1, 2]
    assert found.data is Data.WHOLE


def test_what_has_expired_is_named(queue: FakeQueue, stream: PutStream) -> None:
    stream.trimmed["shard-0"] = 2
    queue.send(told(0), told(1, 2), told(3))
    expired, part, whole = failures(queue, stream)
    assert (expired.data, expired.records) == (Data.EXPIRED, ())
    assert expired.why == "rides doesn't keep them any more."
    assert (part.data, [r.value["id"] for r in part.records]) == (Data.PART, [2])
    assert part.why == "rides keeps only 1 of 2 any more."
    assert whole.data is Data.WHOLE


def test_neighbours_that_were_not_given_up_make_it_ambiguous(
    queue: FakeQueue, stream: PutStream
) -> None:
    """Other lanes' records lie between, or such as the filter has passed over."""
    queue.send(told(0, 3, count=2))
    (found,) = failures(queue, stream)
    assert (found.data, len(found.records)) == (Data.AMBIGUOUS, 4)
    assert found.why is not None
    assert "2 of these 4 were given up" in found.why


@pytest.mark.parametrize("body", [told(1, shard_id="shard-9"), told(77)])
def test_a_shard_or_stream_that_is_gone_is_told(
    queue: FakeQueue, stream: PutStream, body: str
) -> None:
    """A stream made anew refuses the former one's numbers."""
    queue.send(body)
    (found,) = failures(queue, stream)
    assert (found.data, found.records) == (Data.GONE, ())


@pytest.mark.parametrize(
    "body", ["hello", "{}", "[]", '{"requestContext": 1}', json.dumps({"requestContext": {}})]
)
def test_what_tells_of_no_records_is_shown_as_it_is(
    queue: FakeQueue, stream: PutStream, body: str
) -> None:
    queue.send(body)
    (found,) = read_failures("failures", aws(queue, stream))
    assert isinstance(found, Foreign)
    assert found.body == body


def test_a_queue_that_is_not_there_is_told(queue: FakeQueue, stream: PutStream) -> None:
    with pytest.raises(NotFound, match=r"There is no queue others at .* FAILURE_QUEUE_NAME"):
        read_failures("others", aws(queue, stream))


def run(
    queue: FakeQueue,
    stream: FakeStream,
    ids: list[str] | None = None,
    function: FakeFunction | None = None,
    dry_run: bool = False,
) -> list[Redriven]:
    target: Target = "function" if function else "stream"
    return list(redrive("failures", ids, target, aws(queue, stream, function), dry_run))


def test_redriven_records_are_put_with_their_keys_and_the_message_is_gone(
    queue: FakeQueue, stream: PutStream
) -> None:
    queue.send(told(1, 2), told(3))
    assert [each.done for each in run(queue, stream)] == [True, True]
    assert stream.puts == [
        ("rides", "key-1", b'{"id": 1}'),
        ("rides", "key-2", b'{"id": 2}'),
        ("rides", "key-3", b'{"id": 3}'),
    ]
    assert queue.messages == {}


def test_the_message_stays_if_the_put_fails(queue: FakeQueue, stream: PutStream) -> None:
    """And is seen again at once."""
    queue.send(told(1))
    stream.refusing = client_error("AccessDeniedException", "PutRecords")
    (only,) = run(queue, stream)
    assert (only.done, only.why) == (
        False,
        "PutRecords failed with AccessDeniedException: AccessDeniedException.",
    )
    assert (list(queue.messages), queue.hidden) == (["0a-message"], set())


def test_a_dry_run_sends_and_deletes_nothing(queue: FakeQueue, stream: PutStream) -> None:
    stream.trimmed["shard-0"] = 1
    queue.send(told(1), told(0))
    assert [each.done for each in run(queue, stream, dry_run=True)] == [True, False]
    assert (stream.puts, len(queue.messages), queue.hidden) == ([], 2, set())


def test_what_has_expired_stays_in_the_queue_and_is_named(
    queue: FakeQueue, stream: PutStream
) -> None:
    stream.trimmed["shard-0"] = 2
    queue.send(told(0), told(1, 2), told(0, 3, count=1))
    expired, part, ambiguous = run(queue, stream)
    assert (expired.done, expired.why) == (False, "rides doesn't keep them any more.")
    assert (part.done, part.why) == (True, "rides keeps only 1 of 2 any more.")
    assert not ambiguous.done
    assert [data for _, _, data in stream.puts] == [b'{"id": 2}']
    assert list(queue.messages) == ["0a-message", "2a-message"]


def test_some_are_chosen_by_the_beginning_of_their_ids(queue: FakeQueue, stream: PutStream) -> None:
    queue.send(told(0), told(1), told(2))
    assert [each.failure.id for each in run(queue, stream, ["2a", "0a-message"])] == [
        "0a-message",
        "2a-message",
    ]
    assert list(queue.messages) == ["1a-message"]


@pytest.mark.parametrize(
    ("id", "error", "words"),
    [
        ("9", NotFound, "No message of http://sqs/failures begins with 9"),
        ("1", BadInput, "1 may be 2 messages: 1a-message, 10a-message"),
        ("11", BadInput, "11 is a message that tells of no records"),
    ],
)
def test_an_id_that_can_not_be_meant_is_told_before_anything_is_sent(
    queue: FakeQueue, stream: PutStream, id: str, error: type[Exception], words: str
) -> None:
    queue.send(*(told(1) for _ in range(9)), told(2), told(3), "foreign")
    del queue.messages["9a-message"]
    with pytest.raises(error, match=words):
        run(queue, stream, ["0a", id])
    assert (stream.puts, queue.hidden) == ([], set())


def test_the_function_gets_the_records_as_from_the_mapping(
    queue: FakeQueue, stream: PutStream
) -> None:
    queue.send(told(1))
    function = FakeFunction([{"predictions": []}])
    assert [each.done for each in run(queue, stream, function=function)] == [True]
    (event,) = function.events
    (record,) = event["Records"]
    assert base64.b64decode(record["kinesis"]["data"]) == b'{"id": 1}'
    assert record["eventID"] == "shard-0:1"
    assert (record["eventSourceARN"], record["awsRegion"]) == (STREAM_ARN, "us-east-1")
    assert record["kinesis"]["approximateArrivalTimestamp"] == ARRIVED.timestamp()
    assert record["invokeIdentityArn"] == "arn:aws:iam::000000000000:role/r"
    assert (queue.messages, stream.puts) == ({}, [])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([{"errorType": "ValueError"}], 'f failed with {"errorType": "ValueError"}.'),
        (
            {"batchItemFailures": [{"itemIdentifier": "1"}]},
            "f answered that it failed: 1.",
        ),
        (
            client_error("ResourceNotFoundException", "Invoke"),
            "Invoke failed with ResourceNotFoundException: ResourceNotFoundException.",
        ),
    ],
)
def test_what_the_function_fails_on_stays_in_the_queue(
    queue: FakeQueue, stream: PutStream, answer: Any, why: str
) -> None:
    """The next one is tried all the same."""
    queue.send(told(1), told(2))
    failed, done = run(queue, stream, function=FakeFunction([answer, None]))
    assert (failed.done, failed.why) == (False, why)
    assert done.done
    assert list(queue.messages) == ["0a-message"]


def test_messages_can_be_deleted(queue: FakeQueue, stream: PutStream) -> None:
    queue.send(told(1), told(2))
    assert [each.id for each in delete("failures", ["1"], aws(queue, stream))] == ["1a-message"]
    assert (list(queue.messages), queue.hidden, stream.puts) == (["0a-message"], set(), [])
