"""One event's way, put together from streams, batches, log and failure queue."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from emulator.mapping.kept_history import attempt, entry, failure
from fake_aws import FakeAws
from fake_logs import FakeLogs
from fake_queue import FakeQueue, told
from fake_stream import ARRIVED, FakeStream, FakeStreams

from devenv.commands.trace import lines, log_words, shown
from devenv.emulator.mapping.history.entries import Entry, Result, Span, State, Then
from devenv.errors import NotFound
from devenv.pipelines import PIPELINES
from devenv.readers.ways import Tried, Way, find_ways
from devenv.settings import Settings, read_settings

SHAPE = PIPELINES["ride"].shape
SHARD = "shard-0"
"""FakeStream's sequence numbers are positions in a shard."""
MS = int(ARRIVED.timestamp() * 1000)


def settings(tmp_path: Path) -> Settings:
    names = {"KINESIS_STREAM_INPUT": "rides", "PREDICTIONS_STREAM_NAME": "predictions"}
    return read_settings(
        {**names, "FUNCTION_NAME": "f", "FAILURE_QUEUE_NAME": "failures"}, tmp_path
    )


def at(milliseconds: int) -> datetime:
    return ARRIVED + timedelta(milliseconds=milliseconds)


def log(request_id: str, milliseconds: int, *words: str) -> list[tuple[int, str]]:
    """One invocation's lines."""
    texts = (
        f"START RequestId: {request_id} Version: $LATEST",
        *words,
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: 5.00 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 84 MB",
    )
    return [(MS + milliseconds, text) for text in texts]


class World:
    """A system of fakes in which rides 1, 2 and 1 again were put, and nothing came of it yet."""

    def __init__(self, tmp_path: Path, is_aws: bool = False) -> None:
        self.rides, self.predictions = FakeStream(SHARD), FakeStream(SHARD)
        self.put(0, '{"ride_id": 1}')
        self.put(1, '{"ride_id": 2}')
        self.put(1000, '{"ride_id": "1"}')
        self.batches: list[Entry] = []
        self.logs, self.queue = FakeLogs(), FakeQueue(sent=MS + 20)
        self.streams = FakeStreams(rides=self.rides, predictions=self.predictions)
        self.settings = settings(tmp_path)
        self.aws: Any = FakeAws(self.streams, self.logs, sqs=self.queue, is_aws=is_aws)

    def put(self, milliseconds: int, data: str) -> None:
        self._add(self.rides, milliseconds, data)

    def predict(self, milliseconds: int, ride_id: int | str) -> None:
        data = json.dumps({"prediction": {"ride_id": ride_id, "ride_duration": 9.0}})
        self._add(self.predictions, milliseconds, data)

    def _add(self, stream: FakeStream, milliseconds: int, data: str) -> None:
        stream.arrivals[SHARD, len(stream.shards[SHARD])] = at(milliseconds)
        stream.put(SHARD, data)

    def fetch(self, url: str) -> bytes:
        """The emulator's page: what covers the record that is asked for."""
        number = int(url.partition("sequence_number=")[2].partition("&")[0])
        found = [
            e.shown()
            for e in reversed(self.batches)
            if e.span and int(e.span.first) <= number <= int(e.span.last)
        ]
        content = {"kept": True, "batches": found, "next": None, "left_out": 0}
        return json.dumps(content).encode()

    def ways(self, id: str = "1") -> list[Way]:
        return find_ways(id, self.settings, SHAPE, self.aws, fetch=self.fetch)


def span(first: int, last: int) -> Span:
    return Span(str(first), str(last), last - first + 1)


Make = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **changes: World(tmp_path, **changes)


def kinds(way: Way) -> list[tuple[str, int]]:
    """What happened, and after how many milliseconds."""
    return [
        (step.kind, round((step.moment - way.record.arrived).total_seconds() * 1000))
        for step in way.steps()
    ]


def text(way: Way) -> list[str]:
    found = list(lines(way))
    assert max(map(len, found)) <= 80, found
    return found


def test_a_rides_way_to_its_prediction(make: Make) -> None:
    world = make()
    world.batches = [
        entry(
            7,
            attempt(began=MS + 5, duration_ms=8.0, span=span(0, 1), request_id="r1"),
            span=span(0, 1),
        )
    ]
    world.logs.streams["s"] = log("r1", 14, '{"level": "INFO", "message": "batch", "n": 2}')
    world.predict(12, 1)
    world.predict(12, 2)
    first, second = world.ways()
    assert kinds(first) == [("PUT", 0), ("ATTEMPT", 5), ("PREDICTION", 12)]
    assert first.record.value == {"ride_id": 1}
    (tried,) = first.attempts
    assert (tried.batch.id, tried.attempt.request_id) == (7, "r1")
    invocation = first.invocation_of(tried.attempt)
    assert invocation is not None
    assert invocation.max_memory_mb == 84
    assert first.unknown == ()
    told_ = text(first)
    for part in (
        "     0 ms  ",
        "put on rides shard-0, key key-0",
        "batch 7, attempt 1: 2 records, OK",
        "request r1, ran 5 ms, 84 of 512 MB",
        "INFO batch  n=2",
        "    12 ms  ",
        "predicted on predictions shard-0",
    ):
        assert any(part in line for line in told_), (part, told_)
    # The same id put again, a second later, has no prediction of its own.
    assert kinds(second) == [("PUT", 0)]
    assert text(second)[-1].strip().startswith("Not predicted, and not given up: nothing else")


def test_a_poison_records_way_into_the_queue(make: Make) -> None:
    """The attempts that it was in, and no others; its message names it."""
    world = make()
    world.batches = [
        entry(
            7,
            failure(1, began=MS + 5, span=span(0, 1), then=Then.SPLIT, request_id="r1"),
            attempt(2, began=MS + 10, parent=1, span=span(0, 0), request_id="r2"),
            failure(
                3,
                began=MS + 15,
                parent=1,
                span=span(1, 1),
                then=Then.DISCARDED,
                discarded=1,
                request_id="r3",
                destination="arn:aws:sqs:us-east-1:000000000000:failures",
                sent=True,
            ),
            span=span(0, 1),
        )
    ]
    world.logs.streams["s"] = [*log("r1", 6), *log("r2", 11), *log("r3", 16, "[ERROR] KeyError")]
    world.queue.send(told(1), told(2))
    (way,) = world.ways("2")
    assert [tried.attempt.number for tried in way.attempts] == [1, 3]
    assert [each.request_id for each in way.invocations] == ["r1", "r3"]
    assert [each.id for each in way.given_up] == ["0a-message"]
    assert kinds(way) == [("PUT", 0), ("ATTEMPT", 4), ("ATTEMPT", 14), ("GIVEN_UP", 19)]
    assert any("devenv redrive 0a-messa" in line for line in text(way))
    world.queue.messages.clear()
    (way,) = world.ways("2")
    assert text(way)[-2:] == [
        "          Given up; failures was told.",
        "          It has no message about it any more: redriven, or deleted.",
    ]


def test_one_that_is_being_tried_says_so(make: Make) -> None:
    world = make()
    ongoing = {"state": State.UNDER_WAY, "ended": None}
    world.batches = [
        entry(7, failure(1, span=span(1, 1), request_id="r"), span=span(1, 1), **ongoing)
    ]
    (way,) = world.ways("2")
    assert text(way)[-1].strip() == "Not predicted, and not given up: it is being tried."
    assert any("request r: its log isn't there (yet)" in line for line in text(way))


def test_an_attempt_that_never_ran_has_no_log(make: Make) -> None:
    world = make()
    throttled = failure(
        1, began=MS + 5, span=span(1, 1), result=Result.THROTTLED, error="Rate exceeded"
    )
    world.batches = [entry(7, throttled, span=span(1, 1))]
    (way,) = world.ways("2")
    assert way.invocations == ()
    assert any("THROTTLED: Rate exceeded" in line for line in text(way))


def test_an_id_that_no_record_has_is_told(make: Make) -> None:
    with pytest.raises(NotFound, match="no record whose ride_id is 77, or not any more"):
        make().ways("77")


def test_a_number_whose_record_has_expired_finds_no_other(make: Make) -> None:
    """Reading begins at the next that is there."""
    world = make()
    world.rides.trimmed[SHARD] = 1
    with pytest.raises(NotFound, match="is found by its sequence number"):
        world.ways("0" * 40)


def test_each_put_has_the_predictions_until_the_next(make: Make) -> None:
    world = make()
    world.predict(12, 1)
    world.predict(20, "1")
    world.predict(1009, "1")
    first, second = world.ways()
    assert [kind for kind, _ in kinds(first)] == ["PUT", "PREDICTION", "PREDICTION"]
    assert kinds(second) == [("PUT", 0), ("PREDICTION", 9)]


def test_on_aws_the_log_tells_which_invocations_had_it(make: Make) -> None:
    """By the record's number, or since they ran when the prediction came. The rest is said to be
    unknown."""
    world = make(is_aws=True)
    for _ in range(774):  # A number that stands in no other line.
        world.put(0, "{}")
    world.put(0, '{"ride_id": 5}')
    world.predict(25, 5)
    world.logs.streams = {
        "a": [*log("named", 5, "rejected 777 …"), *log("other", 300)],
        "b": [(MS + 20, "START RequestId: ran Version: 1"), *log("ran", 30)[1:]],
    }
    (first,) = world.ways("5")
    assert first.record.sequence_number == "777"
    assert [each.request_id for each in first.invocations] == ["named", "ran"]
    whats = [each.what for each in first.unknown]
    assert whats == ["What became of each batch", "Which invocations had it"]
    assert [kind for kind, _ in kinds(first)] == ["PUT", "INVOCATION", "INVOCATION", "PREDICTION"]
    assert any("invoked: OK" in line for line in text(first))
    assert "AWS doesn't tell" in str(first.unknown[0])


def test_what_is_missing_is_said(make: Make) -> None:
    """No stream of predictions, no queue: everything else is shown."""
    world = make()
    del world.streams.streams["predictions"]
    world.aws.sqs.get_queue_url = FakeQueue(messages={}).get_queue_url
    (way,) = find_ways(
        "2",
        Settings(**{**vars(world.settings), "failure_queue": "none"}),
        SHAPE,
        world.aws,
        fetch=world.fetch,
    )
    assert [each.what for each in way.unknown] == ["What was predicted", "Whether it was given up"]
    assert kinds(way) == [("PUT", 0)]


def test_programs_get_all_of_it(make: Make) -> None:
    world = make()
    world.batches = [
        entry(7, attempt(began=MS + 5, span=span(0, 0), request_id="r1"), span=span(0, 0))
    ]
    world.logs.streams["s"] = log("r1", 14)
    world.predict(12, 1)
    found = json.loads(json.dumps(shown(world.ways()[0]), default=str))
    assert [(step["kind"], step["ms"]) for step in found["steps"]] == [
        ("PUT", 0),
        ("ATTEMPT", 5),
        ("PREDICTION", 12),
    ]
    assert (found["attempts"][0]["batch"], found["attempts"][0]["request_id"]) == (7, "r1")
    assert found["invocations"][0]["lines"][0]["text"].startswith("START")
    assert found["predictions"][0]["data"]["prediction"]["ride_id"] == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plain text", "plain text"),
        (
            '{"level": "WARNING", "message": "rejected", "reason": "no"}',
            "WARNING rejected  reason=no",
        ),
        ('{"message": "m", "timestamp": "t", "requestId": "r"}', "m"),
        ('{"n": "' + "1" * 56 + '", "message": "m"}', "m  n=…111111111111"),
        ('{"other": 1}', '{"other": 1}'),
        ("[1]", "[1]"),
    ],
)
def test_a_log_line_is_shown_by_what_it_says(line: str, words: str) -> None:
    assert log_words(line) == words


def test_a_way_knows_its_attempts_invocation(make: Make) -> None:
    world = make()
    world.batches = [entry(7, attempt(span=span(1, 1)), span=span(1, 1))]
    (way,) = world.ways("2")
    (tried,) = way.attempts
    assert isinstance(tried, Tried)
    assert way.invocation_of(tried.attempt) is None
