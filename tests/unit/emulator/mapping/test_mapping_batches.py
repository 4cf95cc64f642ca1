"""How records become batches: by count, size, time and tumbling window."""

from typing import Any

from fake_shard import FakeShard, encode, options

from devenv.emulator.mapping.batching import MAX_PAGE, MAX_PAGES, Gatherer
from devenv.emulator.mapping.events import PAYLOAD_LIMIT


def gatherer(shard: FakeShard, now: float = 0.0, passes: Any = None, **settings: Any) -> Gatherer:
    return Gatherer(shard, options(**settings), encode, passes, lambda: now)


def positions(found: Gatherer) -> tuple[list[int], int]:
    batch = found.take()
    return [record.position for record in batch.records], batch.through


def test_nothing_is_due_without_records() -> None:
    found = gatherer(FakeShard())
    found.fill()
    assert found.due() is None


def test_without_a_window_what_is_there_is_due_at_once() -> None:
    shard = FakeShard()
    shard.put(b"a", b"b")
    found = gatherer(shard, 5.0)
    found.fill()
    assert found.due() == 5.0
    assert positions(found) == ([1, 2], 2)


def test_a_batch_has_batch_size_at_most_and_the_rest_waits() -> None:
    shard = FakeShard()
    shard.put(*[b"x"] * 5)
    found = gatherer(shard, batch_size=2, batching_window=60)
    batches = []
    for _ in range(2):
        found.fill()
        assert found.due() == 0.0
        batches.append(positions(found))
    found.fill()
    assert batches == [([1, 2], 2), ([3, 4], 4)]
    assert found.due() == 60.0


def test_a_batch_is_full_at_six_megabytes() -> None:
    shard = FakeShard()
    shard.put(*[b"x" * (PAYLOAD_LIMIT // 3)] * 4)
    found = gatherer(shard, batching_window=60)
    found.fill()
    assert found.due() == 0.0
    assert positions(found)[0] == [1, 2]


def test_a_record_over_the_limit_is_a_batch_of_its_own() -> None:
    shard = FakeShard()
    shard.put(b"x" * (PAYLOAD_LIMIT + 1), b"y")
    found = gatherer(shard)
    found.fill()
    assert positions(found) == ([1], 1)


def test_the_end_of_a_shard_does_not_wait_for_the_window() -> None:
    shard = FakeShard(closed=True)
    shard.put(b"a")
    found = gatherer(shard, 3.0, batching_window=60)
    found.fill()
    assert found.due() == 3.0


def test_filtered_records_count_as_read() -> None:
    shard = FakeShard()
    shard.put(b"yes", b"no", b"yes", b"no")
    found = gatherer(shard, passes=lambda stored, _: stored.data == b"yes")
    found.fill()
    assert positions(found) == ([1, 3], 4)


def test_a_long_stretch_of_filtered_records_is_read_bit_by_bit() -> None:
    """So that a mapping can be stopped meanwhile, and goes on from where it was."""
    shard = FakeShard()
    shard.put(*[b"no"] * (MAX_PAGE * MAX_PAGES + 1), b"yes")
    found = gatherer(shard, passes=lambda stored, _: stored.data == b"yes")
    found.fill()
    assert (found.is_empty, found.position) == (True, MAX_PAGE * MAX_PAGES)
    found.fill()
    assert not found.is_empty


def test_another_lanes_records_are_passed_over() -> None:
    shard = FakeShard()
    shard.put(b"a", key="another lane's")
    found = gatherer(shard, parallelization=2)
    found.fill()
    assert found.is_empty
    assert found.position == 1


def test_a_batch_holds_one_tumbling_window() -> None:
    shard = FakeShard()
    shard.put(b"a", b"b", arrived=9_999)
    shard.put(b"c", arrived=10_000)
    found = gatherer(shard, 11.0, tumbling_window=10, batching_window=300)
    found.fill()
    assert found.due() == 11.0
    assert positions(found) == ([1, 2], 2)
    found.fill()
    assert found.due() == 20.0
    assert positions(found) == ([3], 3)
