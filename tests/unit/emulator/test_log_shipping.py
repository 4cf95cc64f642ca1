"""What waits for its way to CloudWatch Logs is bounded, and what is left out is told."""

import queue
from types import SimpleNamespace
from typing import Any

from localstack.services.lambda_.invocation.logs import LogItem

from devenv.emulator.functions.log_shipping import Waiting, add, parts


def test_what_is_over_the_limit_is_left_out_and_told() -> None:
    """In the next text that is taken, by its size."""
    waiting = Waiting(limit=10)
    assert waiting.admit("a" * 8) == "a" * 8
    assert waiting.admit("b" * 3) is None
    assert waiting.admit("c" * 2000) is None
    waiting.release("a" * 8)
    told = waiting.admit("d")
    assert told == "[2,003 characters of the log were left out here]\nd"
    waiting.release(told)
    assert waiting.admit("e") == "e"


def test_one_invocations_log_is_taken_whatever_its_size() -> None:
    """It was bounded when it was gathered."""
    assert Waiting(limit=10).admit("a" * 100) == "a" * 100


def test_each_handler_has_its_own_limit() -> None:
    """A function that prints much leaves others' logs whole."""
    loud: Any = SimpleNamespace(log_queue=queue.Queue())
    calm: Any = SimpleNamespace(log_queue=queue.Queue())
    loud.devenv_waiting = Waiting(limit=4)
    for text in ("aaaa", "bbbb"):
        add(loud, LogItem("group", "stream", text))
        add(calm, LogItem("group", "stream", text))
    assert [item.logs for item in loud.log_queue.queue] == ["aaaa"]
    assert [item.logs for item in calm.log_queue.queue] == ["aaaa", "bbbb"]


def test_a_request_is_within_cloudwatchs_limits() -> None:
    """5,000 events and 900,000 bytes, with 26 more for each event."""
    many = [{"message": "x"} for _ in range(12_000)]
    assert [len(part) for part in parts(many)] == [5_000, 5_000, 2_000]
    large = [{"message": "x" * 400_000} for _ in range(5)]
    assert [len(part) for part in parts(large)] == [2, 2, 1]
