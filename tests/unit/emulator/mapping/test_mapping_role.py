"""A mapping whose role may not read its stream: it says so, and delivers nothing until it may."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fake_shard import ARN, options
from mapped_stream import MappedStream

from devenv.emulator.mapping.checkpoints import Checkpoint
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.lane_runner import REFUSED_WAIT, LaneRunner
from devenv.emulator.mapping.role import access_error_message

REFUSAL = "User: f is not authorized to perform: kinesis:GetRecords"


class Waits(threading.Event):
    """Time that passes at once; `seen` is how much."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seen.append(timeout)
        return self.is_set()


def test_it_waits_says_so_and_goes_on_by_itself(
    mapped: MappedStream, caplog: pytest.LogCaptureFixture
) -> None:
    """Told once in the log, whatever it's asked; the records are all there afterwards."""
    caplog.set_level(logging.INFO)
    answers: Iterator[str] = iter([REFUSAL] * 3)
    waits = Waits()
    mapped.put("1", "2")
    mapped.close_shard()
    context = replace(
        mapped.context(lambda _: None, options()),
        read_refusal=lambda: next(answers, None),
        stopping=waits,
    )
    LaneRunner(context, Lane(0), Checkpoint(0)).run()
    assert waits.seen == [REFUSED_WAIT] * 3
    assert mapped.batches == [["1", "2"]]
    assert mapped.results == [f"PROBLEM: {access_error_message(ARN)}"] * 3 + ["OK"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert REFUSAL in caplog.messages[0]
    assert ARN in caplog.messages[0]
