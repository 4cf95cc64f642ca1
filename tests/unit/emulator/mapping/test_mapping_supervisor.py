"""A mapping's supervisor: lanes start and stop as desired, and no error ends it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fake_shard import options
from mapped_stream import MappedStream

from devenv.emulator.mapping import supervisor as module
from devenv.emulator.mapping.context import MappingContext
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.source import SourceGone
from devenv.emulator.mapping.supervisor import (
    INTERNAL_ERROR,
    STREAM_GONE,
    DesiredState,
    MappingSupervisor,
)
from devenv.wait import wait_for

Make = Callable[[MappingSupervisor, Options], MappingContext]


class Supervised:
    """A mapping of the test's stream; `make` stands in for making its context."""

    def __init__(self, mapped: MappedStream, make: Make | None = None) -> None:
        self.mapped = mapped
        self.removed = threading.Event()
        self.entry: dict[str, Any] = {"UUID": "0000-1111", "State": "Creating"}
        self.contexts: list[MappingContext] = []
        self.mapping = MappingSupervisor(
            self.entry,
            DesiredState(options(batch_size=10)),
            make or self.make,
            lambda _: self.removed.set(),
        )

    def make(self, mapping: MappingSupervisor, settings: Options) -> MappingContext:
        context = replace(self.mapped.context(lambda _: None, settings), report=mapping.report)
        context.checkpoints.save_all(
            context.checkpoints.load() or context.source.first_checkpoints(settings)
        )
        self.contexts.append(context)
        return context

    def await_state(self, state: str) -> None:
        self.until(lambda: self.entry["State"] == state, f"it isn't {state}")

    def await_result(self, result: str) -> None:
        self.until(
            lambda: self.entry.get("LastProcessingResult") == result, f"it doesn't say {result}"
        )

    def await_batches(self, *batches: list[str]) -> None:
        self.until(lambda: self.mapped.batches == list(batches), "the batches aren't delivered")

    def until(self, probe: Callable[[], bool], failure: str) -> None:
        wait_for(probe, timeout=10, interval=0.005, failure=failure)


@pytest.fixture
def supervised(mapped: MappedStream) -> Iterator[Supervised]:
    made = Supervised(mapped)
    yield made
    made.mapping.stop_for_shutdown()


def test_it_delivers_while_it_is_enabled(supervised: Supervised) -> None:
    """Disabled it ends its lanes; enabled again, new ones go on after the checkpoint."""
    mapping, mapped = supervised.mapping, supervised.mapped
    mapping.create()
    supervised.await_state("Enabled")
    mapped.put("1")
    supervised.await_batches(["1"])
    mapping.change(replace(mapping.desired, enabled=False), "Disabling")
    supervised.await_state("Disabled")
    mapped.put("2")
    mapping.change(replace(mapping.desired, enabled=True), "Enabling")
    supervised.await_state("Enabled")
    supervised.await_batches(["1"], ["2"])
    assert len(supervised.contexts) == 2
    assert supervised.contexts[0].stopping.is_set()


def test_a_change_of_options_begins_anew_with_them(supervised: Supervised) -> None:
    """The lanes of before end first."""
    mapping = supervised.mapping
    mapping.create()
    supervised.await_state("Enabled")
    changed = options(batch_size=1)
    mapping.change(replace(mapping.desired, options=changed), "Updating")
    supervised.await_state("Enabled")
    supervised.mapped.put("1", "2")
    supervised.await_batches(["1"], ["2"])


def test_a_deleted_one_is_removed(supervised: Supervised) -> None:
    """After its lanes have ended."""
    mapping = supervised.mapping
    mapping.create()
    supervised.await_state("Enabled")
    mapping.change(replace(mapping.desired, deleted=True), "Deleting")
    assert supervised.removed.wait(10)
    assert supervised.contexts[0].stopping.is_set()


def test_a_missing_stream_is_said_and_waited_for(
    mapped: MappedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on by itself once the stream is there."""
    monkeypatch.setattr(module, "UNSETTLED", 0.005)
    there = threading.Event()

    def make(mapping: MappingSupervisor, settings: Options) -> MappingContext:
        if not there.is_set():
            raise SourceGone("not yet")
        return supervised.make(mapping, settings)

    supervised = Supervised(mapped, make)
    supervised.mapping.create()
    supervised.await_result(STREAM_GONE)
    there.set()
    mapped.put("1")
    supervised.await_batches(["1"])
    supervised.mapping.stop_for_shutdown()


def test_an_unexpected_error_is_reported_and_does_not_end_it(
    mapped: MappedStream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the mapping would show Enabled, and deliver nothing for ever."""
    monkeypatch.setattr(module, "RESTART_AFTER", 0.005)
    failing = threading.Event()
    failing.set()

    def make(mapping: MappingSupervisor, settings: Options) -> MappingContext:
        if failing.is_set():
            raise RuntimeError("a defect")
        return supervised.make(mapping, settings)

    supervised = Supervised(mapped, make)
    supervised.mapping.create()
    supervised.await_result(INTERNAL_ERROR)
    assert "a defect" in caplog.text
    failing.clear()
    mapped.put("1")
    supervised.await_batches(["1"])
    supervised.mapping.stop_for_shutdown()


def test_a_change_while_the_context_is_made_stops_it(mapped: MappedStream) -> None:
    """What is made is of the options of before: none of its lanes may stay."""
    begun, go_on = threading.Event(), threading.Event()

    def make(mapping: MappingSupervisor, settings: Options) -> MappingContext:
        context = supervised.make(mapping, settings)
        begun.set()
        assert go_on.wait(10)
        return context

    supervised = Supervised(mapped, make)
    mapping = supervised.mapping
    mapping.create()
    assert begun.wait(10)
    mapping.change(replace(mapping.desired, enabled=False), "Disabling")
    go_on.set()
    supervised.await_state("Disabled")
    assert supervised.contexts[0].stopping.is_set()
    mapping.stop_for_shutdown()
