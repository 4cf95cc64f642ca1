"""What `devenv status` reads of the emulator's page."""

from dataclasses import asdict

import pytest

from devenv.emulator.mapping.statistics import Statistics
from devenv.system import ShardState, shard_state


def test_the_emulators_counters_are_those_that_are_shown() -> None:
    """The two know nothing of each other, but for this page."""
    statistics = Statistics()
    with statistics.of("shardId-000000000000") as counts:
        counts.records, counts.iterator_age_ms = 5, 12
    (shown,) = statistics.shown()
    state = shard_state(shown)
    assert asdict(state) == shown
    assert (state.shard, state.records) == ("shardId-000000000000", 5)


def test_a_counter_of_a_later_version_is_passed_over() -> None:
    """In place of a status without shards."""
    (shown,) = _counted().shown()
    assert isinstance(shard_state({**shown, "surprises": 1}), ShardState)


def test_a_missing_counter_is_no_zero() -> None:
    """It's another emulator's answer."""
    (shown,) = _counted().shown()
    del shown["records"]
    with pytest.raises(KeyError, match="records"):
        shard_state(shown)


def _counted() -> Statistics:
    statistics = Statistics()
    with statistics.of("shardId-000000000001"):
        pass
    return statistics
