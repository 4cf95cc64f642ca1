"""Publishing: PutRecords' limits, what is sent again and when, order, and what is told."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from serving.publishing import ATTEMPTS, Entry, PublishError, backoff, chunks, entries, publish

THROTTLE = "ProvisionedThroughputExceededException"


class Stream:
    """Kinesis's PutRecords. For each key, how many attempts fail; for each call, what it raises."""

    def __init__(
        self, failures: dict[str, int] | None = None, raises: Sequence[Exception | None] = ()
    ) -> None:
        self.failures, self.raises = failures or {}, list(raises)
        self.calls: list[list[str]] = []
        self.taken: list[tuple[str, bytes]] = []

    def put_records(self, *, StreamName: str, Records: list[Any]) -> dict[str, Any]:
        self.calls.append([r["PartitionKey"] for r in Records])
        if self.raises and (error := self.raises.pop(0)):
            raise error
        return {"Records": [self.answer(r) for r in Records]}

    def answer(self, record: Any) -> dict[str, str]:
        key = record["PartitionKey"]
        if self.failures.get(key, 0) == 0:
            self.taken.append((key, record["Data"]))
            return {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
        self.failures[key] -= 1
        return {"ErrorCode": THROTTLE, "ErrorMessage": "slow down"}


def made(*keys: object) -> list[Entry]:
    return [Entry(index, str(index).encode(), str(key)) for index, key in enumerate(keys)]


def published(stream: Stream, found: list[Entry], remaining: float = 900) -> list[float]:
    """The waits."""
    waits: list[float] = []
    publish(stream.put_records, "s", found, lambda: remaining, waits.append)
    return waits


def test_an_entry_is_keyed_by_the_events_id() -> None:
    prediction = {"prediction": {"ride_duration": 1.0, "ride_id": 5}}
    data = b'{"prediction": {"ride_duration": 1.0, "ride_id": 5}}'
    assert entries([prediction], "ride_id") == [Entry(0, data, "5")]


def test_a_chunk_has_at_most_500_entries() -> None:
    found = made(*range(1001))
    parts = list(chunks(found))
    assert [len(part) for part in parts] == [500, 500, 1]
    assert [entry for part in parts for entry in part] == found


def test_a_chunk_has_at_most_10_mib_of_data_and_keys() -> None:
    half, more = (b"x" * (5 * 1024 * 1024 - n) for n in (2, 1))
    fitting = [Entry(0, half, "é"), Entry(1, half, "è"), Entry(2, half, "ê")]
    assert [len(part) for part in chunks(fitting)] == [2, 1]
    assert [len(part) for part in chunks([fitting[0], Entry(1, more, "è")])] == [1, 1]


def test_only_what_was_not_taken_is_sent_again_after_a_wait() -> None:
    stream = Stream({"2": 2, "4": 1})
    waits = published(stream, made(*range(5)))
    assert stream.calls == [["0", "1", "2", "3", "4"], ["2", "4"], ["2"]]
    assert len(waits) == 2
    assert 0 <= waits[0] <= 0.1
    assert 0 <= waits[1] <= 0.2


def test_a_key_stays_in_order_whatever_is_not_taken() -> None:
    """Its second entry waits until its first is on the stream."""
    stream = Stream({"a": 3, "b": 1})
    published(stream, made("a", "b", "c", "a", "b", "a"))
    for key, order in (("a", [b"0", b"3", b"5"]), ("b", [b"1", b"4"]), ("c", [b"2"])):
        assert [data for k, data in stream.taken if k == key] == order


def test_what_is_never_taken_is_told_with_the_first_of_it() -> None:
    stream = Stream({"2": 99, "7": 99})
    with pytest.raises(PublishError) as e:
        published(stream, made(*range(501)))
    assert str(e.value) == f"s did not take 2 predictions in 6 attempts: {THROTTLE} slow down"
    assert e.value.index == 2
    assert len(stream.calls) == ATTEMPTS  # and the second chunk was not tried


def test_no_attempt_is_begun_that_the_invocation_may_not_outlive() -> None:
    stream = Stream({"0": 99})
    with pytest.raises(PublishError, match="did not take 1 predictions in 1 attempts"):
        published(stream, made(0, 1), remaining=1.0)
    assert stream.calls == [["0", "1"]]


def client_error(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutRecords")


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://kinesis"),
        client_error("InternalFailure", 500),
        client_error(THROTTLE, 400),
    ],
)
def test_a_request_that_fails_as_a_whole_is_sent_again(error: Exception) -> None:
    stream = Stream(raises=[error, None])
    assert len(published(stream, made(0, 1))) == 1
    assert stream.calls == [["0", "1"]] * 2


def test_a_refusal_is_told_at_once_with_amazons_words() -> None:
    """Another attempt would change nothing."""
    stream = Stream(raises=[None, client_error("AccessDeniedException", 400)])
    with pytest.raises(PublishError, match=r"s took no predictions: .*AccessDenied") as e:
        published(stream, made(*range(501)))
    assert e.value.index == 500
    assert len(stream.calls) == 2


def test_nothing_to_publish_calls_nothing() -> None:
    stream = Stream()
    published(stream, [])
    assert stream.calls == []


def test_waits_double_and_are_jittered() -> None:
    assert [backoff(n, lambda low, high: high) for n in range(3)] == [0.1, 0.2, 0.4]
    assert backoff(3, lambda low, high: low) == 0
