"""Records from each starting position, of all shards, decoded and filtered; and where it ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fake_aws import FakeAws
from fake_stream import ARRIVED, FakeStream

from devenv.consumer import Start
from devenv.errors import BadInput
from devenv.readers.conditions import condition
from devenv.readers.records import Query, Record, decode, read_records


def no_sleep(seconds: float) -> None:
    """A fake's records are there at once."""


def read(stream: FakeStream, **query: Any) -> list[Any]:
    """The values of what is found."""
    return [record.value for record in reading(stream, **query)]


def reading(stream: FakeStream, **query: Any) -> Iterator[Record]:
    aws: Any = FakeAws(stream)
    return read_records(Query("rides", **query), aws, sleep=no_sleep)


def test_all_that_is_there_is_read_and_then_it_ends() -> None:
    """Page after page, of every shard, of closed ones and their children too."""
    stream = FakeStream("shard-0", "shard-1", limit=2)
    stream.put("shard-0", *map(str, range(5)))
    stream.put("shard-1", "10")
    stream.split("shard-1", "left", "right")
    stream.put("left", "11")
    assert sorted(read(stream)) == [0, 1, 2, 3, 4, 10, 11]


def test_an_empty_stream_is_read_to_its_end() -> None:
    assert read(FakeStream("shard-0")) == []


def test_a_throttled_shard_is_not_at_its_end() -> None:
    stream = FakeStream("shard-0")
    stream.put("shard-0", "1")
    stream.throttled = ["shard-0", "shard-0"]
    assert read(stream) == [1]


def test_a_record_is_shown_with_all_that_is_known() -> None:
    stream = FakeStream("shard-0")
    stream.put("shard-0", '{"a": 1}')
    (record,) = reading(stream)
    assert record == Record(
        "rides", "shard-0", "0", "key-0", ARRIVED, b'{"a": 1}', {"a": 1}, "json"
    )


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (Start("TRIM_HORIZON"), [0, 1, 2]),
        (Start("LATEST"), []),
        (Start("AT_SEQUENCE_NUMBER", sequence_number="1"), [1, 2]),
        (Start("AFTER_SEQUENCE_NUMBER", sequence_number="1"), [2]),
        (Start("AT_TIMESTAMP", timestamp=ARRIVED - timedelta(seconds=1)), [0, 1, 2]),
        (Start("AT_TIMESTAMP", timestamp=ARRIVED + timedelta(seconds=1)), []),
    ],
)
def test_five_starting_positions(start: Start, found: list[int]) -> None:
    stream = FakeStream("shard-0")
    stream.put("shard-0", "0", "1", "2")
    assert read(stream, start=start) == found


def test_a_sequence_number_finds_its_shard() -> None:
    """The others refuse it, and aren't read; what its shard is split into is."""
    stream = FakeStream("shard-0", "shard-1")
    stream.put("shard-0", "0")
    stream.put("shard-1", "10", "11", "12")
    stream.split("shard-1", "child")
    stream.put("child", "13")
    stream.split("shard-0", "stranger")
    stream.put("stranger", "1")
    start = Start("AT_SEQUENCE_NUMBER", sequence_number="2")
    assert read(stream, start=start) == [12, 13]


@pytest.mark.parametrize(("number", "words"), [("0", "shard-0, shard-1"), ("7", "none")])
def test_a_sequence_number_of_several_shards_or_of_none_is_told(number: str, words: str) -> None:
    stream = FakeStream("shard-0", "shard-1")
    stream.put("shard-0", "0")
    stream.put("shard-1", "1")
    with pytest.raises(BadInput, match=f"those that take it: {words}. Name the shard"):
        read(stream, start=Start("AT_SEQUENCE_NUMBER", sequence_number=number))


def test_a_shard_can_be_named() -> None:
    stream = FakeStream("shard-0", "shard-1")
    stream.put("shard-0", "0")
    stream.put("shard-1", "1")
    start = Start("AT_SEQUENCE_NUMBER", sequence_number="0")
    assert read(stream, start=start, shard_id="shard-1") == [1]
    assert read(stream, shard_id="shard-0") == [0]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        read(stream, shard_id="shard-2")


def test_conditions_all_hold() -> None:
    stream = FakeStream("shard-0")
    stream.put("shard-0", '{"id": 1, "x": 1}', '{"id": 1, "x": 2}', '{"id": 2, "x": 2}', "id=1")
    where = [condition("id=1"), condition("x>1")]
    assert read(stream, where=where) == [{"id": 1, "x": 2}]


def test_a_limit_counts_what_is_found() -> None:
    """And asks for no more at a time than are wanted, unless most may be passed over."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", *(f'{{"n": {n}}}' for n in range(9)))
    assert read(stream, limit=2) == [{"n": 0}, {"n": 1}]
    assert read(stream, where=[condition("n>4")], limit=2) == [{"n": 5}, {"n": 6}]


def test_following_does_not_end() -> None:
    """What comes later is read, too."""
    stream = FakeStream("shard-0")
    aws: Any = FakeAws(stream)
    query = Query("rides", Start("LATEST"), follow=True)
    found = read_records(query, aws, sleep=lambda _: stream.put("shard-0", "new"))
    assert next(found).value == "new"


def test_iterators_are_taken_before_anything_is_read() -> None:
    """With LATEST, what is put between the call and the first look must not be missed."""
    stream = FakeStream("shard-0")
    aws: Any = FakeAws(stream)
    found = read_records(Query("rides", Start("LATEST")), aws, sleep=no_sleep)
    stream.put("shard-0", "new")
    assert [record.value for record in found] == ["new"]


@pytest.mark.parametrize(
    ("data", "decoded"),
    [
        (b'{"a": [1, 2.5]}', ({"a": [1, 2.5]}, "json")),
        (b"156", (156, "json")),
        ("Straße".encode(), ("Straße", "text")),
        (b"\xff\x00", ("/wA=", "base64")),
        (b"", ("", "text")),
        (b"[" * 100_000, ("[" * 100_000, "text")),
    ],
)
def test_data_is_shown_as_what_it_is(data: bytes, decoded: tuple[Any, str]) -> None:
    assert decode(data) == decoded


def test_a_timestamp_is_passed_on_as_it_is() -> None:
    stream, moment = FakeStream("shard-0"), datetime(2026, 1, 1, tzinfo=UTC)
    assert read(stream, start=Start("AT_TIMESTAMP", timestamp=moment)) == []
    assert stream.iterators_asked[0]["Timestamp"] == moment
