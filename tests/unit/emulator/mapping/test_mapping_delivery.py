"""A lane from records to checkpoints: what the function gets, and what is left behind."""

from collections.abc import Iterator
from typing import Any

import pytest
from fake_shard import options
from mapped_stream import ERROR, Event, MappedStream, failing_on, reporting, texts

from devenv.emulator.mapping.checkpoints import Checkpoint
from devenv.emulator.mapping.context import Stopped
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.lane_runner import LaneRunner
from devenv.emulator.mapping.outcomes import NotRun


def test_batches_follow_each_other_in_order(mapped: MappedStream) -> None:
    mapped.put("a", "b", "c", "d", "e")
    assert mapped.run(batch_size=2) == [["a", "b"], ["c", "d"], ["e"]]
    assert mapped.checkpoint() == Checkpoint(5, finished=True)
    assert mapped.results == ["OK", "OK", "OK"]


def test_each_key_is_one_lanes(mapped: MappedStream) -> None:
    keys = [f"key {n}" for n in range(20)]
    for n in range(3):
        for key in keys:
            mapped.put(f"{key}: {n}", key=key)
    settings = {"parallelization": 3}
    seen = []
    for number in range(3):
        mapped.events.clear()
        batches = mapped.run_lane(Lane(0, number, 3), lambda _: None, options(**settings))
        found = [text for batch in batches for text in batch]
        assert found
        for key in {text.split(":")[0] for text in found}:
            assert [t for t in found if t.split(":")[0] == key] == [f"{key}: {n}" for n in range(3)]
        seen += found
    assert len(seen) == len(set(seen)) == 60


def test_a_failing_batch_is_tried_as_often_as_it_may_be(mapped: MappedStream) -> None:
    mapped.put("a", "poison", "b", "c")
    batches = mapped.run(failing_on("poison"), max_retries=2, batch_size=3)
    assert batches == [["a", "poison", "b"]] * 3 + [["c"]]
    [given_up] = mapped.discarded
    assert (given_up.condition, given_up.attempts) == ("RetryAttemptsExhausted", 3)
    assert (given_up.function_error, given_up.version) == ("Unhandled", "$LATEST")
    assert [record.position for record in given_up.records] == [1, 2, 3]


def test_bisecting_gives_up_the_poison_record_alone(mapped: MappedStream) -> None:
    mapped.put("a", "b", "poison", "c")
    batches = mapped.run(failing_on("poison"), max_retries=0, bisect=True)
    assert batches == [["a", "b", "poison", "c"], ["a", "b"], ["poison", "c"], ["poison"], ["c"]]
    [given_up] = mapped.discarded
    assert [record.position for record in given_up.records] == [3]
    assert given_up.attempts == 1


def test_a_reported_record_is_where_it_goes_on(mapped: MappedStream) -> None:
    mapped.put("a", "b", "poison", "c")
    batches = mapped.run(reporting("poison"), max_retries=1, partial=True)
    assert batches == [["a", "b", "poison", "c"], ["poison", "c"]]
    [given_up] = mapped.discarded
    assert [record.position for record in given_up.records] == [3, 4]
    assert given_up.function_error is None
    assert given_up.version == "$LATEST"


def test_a_function_that_does_not_run_uses_up_no_attempt(mapped: MappedStream) -> None:
    mapped.put("a")
    answers: Iterator[Any] = iter([NotRun("throttled"), NotRun("throttled"), None])
    assert mapped.run(lambda _: next(answers), max_retries=0) == [["a"]] * 3
    assert mapped.discarded == []
    [counts] = mapped.statistics.shown()
    assert (counts["throttles"], counts["batches"], counts["retries"]) == (2, 1, 0)


def test_expired_records_alone_are_given_up(mapped: MappedStream) -> None:
    mapped.put("old")
    mapped.now += 61
    mapped.put("new")
    assert mapped.run(max_age=60) == [["new"]]
    [given_up] = mapped.discarded
    assert (given_up.condition, given_up.attempts) == ("RecordAgeExceeded", 0)
    assert given_up.version is None


def test_records_that_expire_while_they_fail_are_given_up(mapped: MappedStream) -> None:
    mapped.put("old")
    mapped.now += 30
    mapped.put("new")

    def function(event: Event) -> Any:
        mapped.now += 20
        return ERROR if "old" in texts(event) else None

    assert mapped.run(function, max_age=60) == [["old", "new"], ["old", "new"], ["new"]]
    [given_up] = mapped.discarded
    assert (given_up.condition, given_up.attempts) == ("RecordAgeExceeded", 2)


def test_stopped_between_two_tries_nothing_is_lost(mapped: MappedStream) -> None:
    """A failure while the mapping stops is no attempt: the function may have been taken away."""
    mapped.put("a", "b")
    mapped.close_shard()

    def function(_: Event) -> Any:
        context.stopping.set()
        return ERROR

    context = mapped.context(function, options(max_retries=0, batch_size=1))
    with pytest.raises(Stopped):
        LaneRunner(context, Lane(0), Checkpoint(0)).run()
    assert mapped.discarded == []
    assert mapped.checkpoints.load() == {}
    assert mapped.run() == [["a"], ["a", "b"]]


def test_what_succeeded_before_the_end_is_not_delivered_again(mapped: MappedStream) -> None:
    mapped.put("a", "b")
    mapped.close_shard()
    context = mapped.context(lambda _: context.stopping.set(), options(batch_size=1))
    with pytest.raises(Stopped):
        LaneRunner(context, Lane(0), Checkpoint(0)).run()
    assert mapped.checkpoint() == Checkpoint(1)
    assert mapped.run() == [["a"], ["b"]]


def test_filtered_records_are_behind_the_checkpoint(mapped: MappedStream) -> None:
    mapped.put('{"n": 1}', '{"n": 2}', "no json")
    patterns = ('{"data": {"n": [1]}}',)
    assert mapped.run(patterns=patterns) == [['{"n": 1}']]
    assert mapped.checkpoint() == Checkpoint(3, finished=True)


def test_a_window_passes_its_state_on_and_ends_with_it(mapped: MappedStream) -> None:
    mapped.now = 1_795_000_020.0
    mapped.put("a", "b")
    mapped.now += 60
    mapped.put("c")

    def function(event: Event) -> Any:
        return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}

    mapped.run(function, tumbling_window=60, batch_size=1)
    told = [
        (texts(event), event["state"], event["isFinalInvokeForWindow"], event["window"]["start"])
        for event in mapped.events
    ]
    first, second = mapped.events[0]["window"]["start"], mapped.events[-1]["window"]["start"]
    assert told == [
        (["a"], {}, False, first),
        (["b"], {"n": 1}, False, first),
        ([], {"n": 2}, True, first),
        (["c"], {}, False, second),
        ([], {"n": 1}, True, second),
    ]
    assert mapped.events[0]["window"]["end"] == second


def test_a_window_outlives_the_process(mapped: MappedStream) -> None:
    mapped.put("a", "b")
    mapped.close_shard()

    def function(event: Event) -> Any:
        context.stopping.set()
        return {"state": {"seen": [*event["state"].get("seen", []), *texts(event)]}}

    settings = options(tumbling_window=60, batch_size=1)
    context = mapped.context(function, settings)
    with pytest.raises(Stopped):
        LaneRunner(context, Lane(0), Checkpoint(0)).run()
    mapped.events.clear()
    mapped.run(function, tumbling_window=60)
    assert mapped.events[0]["state"] == {"seen": ["a"]}
    assert mapped.events[1]["state"] == {"seen": ["a", "b"]}


def test_a_window_ends_early_when_its_state_is_too_large(mapped: MappedStream) -> None:
    mapped.put("a", "b")
    mapped.run(
        lambda event: {"state": {"much": "x" * 2**20} if "a" in texts(event) else {}},
        tumbling_window=60,
        batch_size=1,
    )
    told = [(texts(e), e["isWindowTerminatedEarly"], bool(e["state"])) for e in mapped.events]
    assert told == [
        (["a"], False, False),
        ([], True, True),
        (["b"], False, False),
        ([], False, False),
    ]


def test_lanes_go_on_from_the_last_of_the_former_ones(mapped: MappedStream) -> None:
    checkpoints = {
        Lane(0, 0, 2): Checkpoint(7),
        Lane(0, 1, 2): Checkpoint(4),
        Lane(1, 0, 1): Checkpoint(3, True),
    }
    mapped.checkpoints.save_all(checkpoints)
    assert mapped.checkpoints.spread(1) == {Lane(0): Checkpoint(4), Lane(1): Checkpoint(3, True)}


def test_another_function_goes_on_where_this_one_was(mapped: MappedStream) -> None:
    mapped.checkpoints.save(Lane(0), Checkpoint(7))
    renamed = mapped.checkpoints.rename("another")
    assert renamed.load() == {Lane(0): Checkpoint(7)}
    assert mapped.checkpoints.load() == {}
    renamed.forget()
    assert renamed.load() == {}
