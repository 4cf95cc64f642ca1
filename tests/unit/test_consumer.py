"""Reading a stream: every shard, through splits, expired iterators and throttling."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fake_aws import FakeAws, client_error
from fake_stream import ARRIVED, FakeStream

from devenv.consumer import GATHERED, INTERVAL, LONGEST, SHORTEST, Position, Read, StreamReader


class Rounds:
    """`until`, ending after `count` rounds; `between` is called in each pause."""

    def __init__(self, count: int, between: Callable[[int], None] = lambda round_: None) -> None:
        self.left = count
        self.slept: list[float] = []
        self._between = between

    def over(self) -> bool:
        return self.left <= 0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._between(len(self.slept))
        self.left -= 1


def reader(
    stream: FakeStream, rounds: Rounds, position: Position = "TRIM_HORIZON", is_aws: bool = True
) -> StreamReader:
    """Of AWS, unless told: there each round is followed by a pause."""
    aws: Any = FakeAws(stream, is_aws=is_aws)
    return StreamReader("rides", position, aws, sleep=rounds.sleep)


def read(stream: FakeStream, rounds: Rounds, position: Position = "TRIM_HORIZON") -> list[str]:
    return [r.data.decode() for r in reader(stream, rounds, position).read(rounds.over)]


def test_a_record_is_read_with_all_that_is_known_of_it() -> None:
    """Shard, sequence number, key, data, and when it arrived."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", "ride")
    rounds = Rounds(1)
    assert list(reader(stream, rounds).read(rounds.over)) == [
        Read("shard-0", "0", "key-0", b"ride", ARRIVED)
    ]


def test_all_shards_are_read() -> None:
    """In each round, one page of each."""
    stream = FakeStream("shard-0", "shard-1", "shard-2")
    for number in range(3):
        stream.put(f"shard-{number}", f"{number}a", f"{number}b")
    assert read(stream, Rounds(1)) == ["0a", "0b", "1a", "1b", "2a", "2b"]


def test_all_pages_of_the_list_of_shards_are_read() -> None:
    """AWS lists 1,000 at once, and takes a token in place of the name."""
    stream = FakeStream(*(f"shard-{n}" for n in range(5)), shards_per_page=2)
    for shard_id in stream.shards:
        stream.put(shard_id, shard_id)
    assert read(stream, Rounds(1)) == list(stream.shards)
    assert stream.list_calls == [{"StreamName": "rides"}, {"NextToken": "2"}, {"NextToken": "4"}]


def test_a_shard_is_read_page_after_page() -> None:
    """Nothing twice, nothing left out."""
    stream = FakeStream("shard-0", limit=2)
    stream.put("shard-0", *"abcde")
    assert read(stream, Rounds(3)) == [*"abcde"]


def test_latest_begins_with_the_construction() -> None:
    """Not with the first look: what is put in between must not be missed."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", "old")
    rounds = Rounds(1)
    new = reader(stream, rounds, "LATEST")
    stream.put("shard-0", "new")
    assert [r.data for r in new.read(rounds.over)] == [b"new"]


def test_children_are_read_from_their_beginning_after_a_shards_end() -> None:
    """A split while reading: also with LATEST, for they are newer than the reader."""
    stream = FakeStream("parent")

    def split(round_: int) -> None:
        if round_ == 1:
            stream.put("parent", "last")
            stream.split("parent", "left", "right")
            stream.put("left", "l")
            stream.put("right", "r")

    assert read(stream, Rounds(3, split), "LATEST") == ["last", "l", "r"]
    reads_of_parent = [i for i in stream.reads if i.startswith("parent")]
    assert len(reads_of_parent) == 2, "a shard that ended is not asked again"


def test_an_expired_iterator_is_reopened_after_the_last_record() -> None:
    """They live 5 minutes; who was held up that long goes on where they stopped."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", "a", "b")

    def expire(round_: int) -> None:
        if round_ == 1:
            stream.expired.add("shard-0/2/1")
            stream.put("shard-0", "c")

    assert read(stream, Rounds(3, expire), "TRIM_HORIZON") == ["a", "b", "c"]
    assert stream.iterators_asked[-1] == {
        "StreamName": "rides",
        "ShardId": "shard-0",
        "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
        "StartingSequenceNumber": "1",
    }


def test_an_iterator_that_expired_before_any_record_is_reopened_where_it_was() -> None:
    """There's no sequence number to go on from."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", "a")
    stream.expired.add("shard-0/0/1")
    assert read(stream, Rounds(2)) == ["a"]


def test_a_childs_iterator_that_expired_is_reopened_at_its_beginning() -> None:
    """Even by a reader of LATEST, which would leave out what came meanwhile."""
    stream = FakeStream("parent")

    def steps(round_: int) -> None:
        if round_ == 1:
            stream.split("parent", "child")
        if round_ == 3:
            stream.expired.add("child/0/2")
            stream.put("child", "c")

    assert read(stream, Rounds(5, steps), "LATEST") == ["c"]


def test_throttling_is_tolerated() -> None:
    """A shard gives five reads a second to all its readers together."""
    stream = FakeStream("shard-0", "shard-1")
    stream.put("shard-0", "a")
    stream.put("shard-1", "b")
    stream.throttled = ["shard-0", "shard-0"]
    assert read(stream, Rounds(3)) == ["b", "a"]


def test_other_errors_are_raised() -> None:
    """Waiting would not help."""
    stream = FakeStream("shard-0")
    rounds = Rounds(1)
    stream_reader = reader(stream, rounds)

    def refuse(**asked: object) -> None:
        raise client_error("AccessDeniedException")

    stream.get_records = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(ClientError, match="AccessDenied"):
        list(stream_reader.read(rounds.over))


def test_until_is_asked_before_the_first_round() -> None:
    """Nothing is read if there's no time."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", "a")
    assert read(stream, Rounds(0)) == []
    assert stream.reads == []


def test_reading_ends_without_another_pause() -> None:
    """Between two rounds it is AWS's five reads a second that are kept."""
    stream = FakeStream("shard-0")
    rounds = Rounds(2)
    assert read(stream, rounds) == []
    assert rounds.slept == [INTERVAL, INTERVAL]
    over = iter([False, True, True])
    aws: Any = FakeAws(stream)
    slept: list[float] = []
    assert list(StreamReader("r", "LATEST", aws, slept.append).read(lambda: next(over))) == []
    assert slept == []


def test_an_emulator_is_read_without_pauses_while_there_is_something() -> None:
    """A backlog, which on AWS takes a pause after each page."""
    stream = FakeStream("shard-0", limit=2)
    stream.put("shard-0", *"abcdefg")
    rounds = Rounds(1)
    assert [r.data.decode() for r in reader(stream, rounds, is_aws=False).read(rounds.over)] == [
        *"abcdefg"
    ]
    assert rounds.slept == [GATHERED]


def test_pauses_grow_while_nothing_comes() -> None:
    """To a bound, and begin anew with a record: it is read when it is there, and an idle stream
    costs little."""
    stream = FakeStream("shard-0")
    rounds = Rounds(40, lambda round_: stream.put("shard-0", "x") if round_ == 30 else None)
    assert len(list(reader(stream, rounds, is_aws=False).read(rounds.over))) == 1
    first, after = rounds.slept[:30], rounds.slept[30:]
    assert first == sorted(first)
    assert (first[0], first[-1], after[0]) == (SHORTEST, LONGEST, GATHERED)


def test_a_page_is_no_larger_than_asked() -> None:
    """Who wants one record needn't take ten thousand."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", *"abc")
    aws: Any = FakeAws(stream)
    one = StreamReader("rides", "TRIM_HORIZON", aws, page=1).read()
    assert next(one).data == b"a"
    assert next(one).data == b"b"
    assert len(stream.reads) == 2


def test_a_further_read_goes_on_after_the_last_record_that_was_taken() -> None:
    """Whoever stops in the middle of a page loses nothing, and gets nothing twice."""
    stream = FakeStream("shard-0")
    stream.put("shard-0", *"abc")
    rounds = Rounds(1)
    held = reader(stream, rounds)
    assert next(held.read()).data == b"a"
    assert [r.data for r in held.read(rounds.over)] == [b"b", b"c"]
    assert len(stream.reads) == 1
