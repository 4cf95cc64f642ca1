"""Waiting: how often the condition is asked, when it's given up, and what is raised."""

from collections.abc import Callable

import pytest

from devenv.errors import BadInput, Unreachable
from devenv.wait import wait_for


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds


def answers(*values: object) -> Callable[[], object]:
    """A probe that gives `values` one after the other."""
    left = iter(values)
    return lambda: next(left)


def test_what_is_there_is_returned_without_waiting() -> None:
    """The probe's own result, not just that there is one."""
    clock = FakeClock()
    assert wait_for(answers("up"), timeout=1, failure="", clock=clock) == "up"
    assert clock.slept == []


def test_the_probe_is_asked_every_interval_until_its_result_is_true() -> None:
    """None, False and nothing at all mean: not yet."""
    clock = FakeClock()
    probe = answers(None, False, "", 7)
    assert wait_for(probe, timeout=9, failure="", interval=0.5, clock=clock) == 7
    assert clock.slept == [0.5, 0.5, 0.5]


def test_the_failure_is_raised_once_the_time_is_over() -> None:
    """With its words as they were given."""
    clock = FakeClock()
    with pytest.raises(Unreachable, match=r"^Kinesis did not answer within 2 s$"):
        wait_for(
            lambda: None,
            timeout=2,
            failure="Kinesis did not answer within 2 s",
            interval=0.5,
            clock=clock,
        )
    assert clock.now == 102


def test_the_probe_is_asked_a_last_time_at_the_deadline() -> None:
    """A slow sleep doesn't hide that it has come up meanwhile."""
    assert wait_for(answers(None, 1), timeout=1, failure="", interval=5, clock=FakeClock()) == 1


def test_what_the_probe_raises_ends_the_wait_at_once() -> None:
    """A dead child need not be waited for."""
    clock = FakeClock()

    def dead() -> None:
        raise BadInput("it has ended")

    with pytest.raises(BadInput, match="it has ended"):
        wait_for(dead, timeout=60, failure="", clock=clock)
    assert clock.slept == []
