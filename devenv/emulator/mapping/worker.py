"""A mapping's life: enabled, disabled, changed and deleted while it runs, and its shards' lanes.

One thread looks after a mapping: it brings what runs to what is wanted, starts a lane for each
shard whose parents are finished, and sleeps until something changes.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from devenv.emulator.mapping.checkpoints import Checkpoints, Lane, Place
from devenv.emulator.mapping.lane import LaneRunner
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.source import SourceGone
from devenv.emulator.mapping.statistics import Statistics
from devenv.emulator.mapping.work import Stopped, Work

log = logging.getLogger(__name__)

STREAM_GONE = "PROBLEM: Stream not found"
UNSETTLED = 1.0
"""Seconds until it's looked again whether a stream that's missing or changing is there."""
RESTART_AFTER = 1.0
"""Seconds after an error of ours until a lane begins again at its checkpoint."""


@dataclass(frozen=True)
class Wanted:
    """What the mapping shall be."""

    options: Options
    enabled: bool = True
    deleted: bool = False
    shutdown: bool = False


@dataclass
class Running:
    """The lanes of one configuration."""

    wanted: Wanted
    work: Work
    lanes: dict[Lane, threading.Thread] = field(default_factory=dict)


class Worker:
    """One mapping. LocalStack reads `current_state` and `state_transition_reason`."""

    state_transition_reason = "User action"

    def __init__(
        self,
        entry: dict[str, Any],
        wanted: Wanted,
        begin: Callable[["Worker", Options], Work],
        remove: Callable[["Worker"], None],
    ) -> None:
        """`entry` is the mapping as the API shows it: kept up to date here."""
        self.uuid: str = entry["UUID"]
        self.entry = entry
        self.current_state: str = entry["State"]
        self.wanted = wanted
        self.running: Running | None = None
        self.checkpoints: Checkpoints | None = None
        """Of the stream that was read last."""
        self.statistics = Statistics()
        self._begin, self._remove = begin, remove
        self._changed = threading.Condition()
        self._looked = True

    @property
    def enabled(self) -> bool:
        return self.wanted.enabled

    def create(self) -> None:
        threading.Thread(target=self._live, daemon=True, name=f"mapping-{self.uuid}").start()

    def change(self, wanted: Wanted, state: str) -> None:
        """Have it become something else; shown as `state` until it is."""
        with self._changed:
            self.wanted = wanted
            self._show(state)
            self._notice()
        if self.running:
            self.running.work.stop()

    def stop_for_shutdown(self) -> None:
        """The emulator stops: what is in the function's hands is delivered again after that."""
        self.change(replace(self.wanted, shutdown=True), self.current_state)

    def report(self, result: str) -> None:
        if self.entry.get("LastProcessingResult") != result:
            self.entry["LastProcessingResult"] = result
            self.entry["LastModified"] = datetime.now(UTC)

    def shown(self) -> dict[str, Any]:
        """What it has done, for the status page."""
        return {
            "uuid": self.uuid,
            "function": self.wanted.options.function_arn,
            "source": self.wanted.options.source_arn,
            "state": self.current_state,
            "result": self.entry.get("LastProcessingResult"),
            "shards": self.statistics.shown(),
        }

    def _live(self) -> None:
        while True:
            with self._changed:
                wanted, self._looked = self.wanted, True
            if self.running and self.running.wanted != wanted:
                self._end_lanes(self.running)
                self.running = None
            if wanted.shutdown or wanted.deleted:
                break
            timeout = self._run(wanted) if wanted.enabled else None
            with self._changed:
                if self.wanted == wanted:
                    self._show("Enabled" if wanted.enabled else "Disabled")
                self._changed.wait_for(lambda: not self._looked, timeout)
        if wanted.deleted:
            self._remove(self)

    def _run(self, wanted: Wanted) -> float | None:
        """Start what can be; seconds until it's to be looked again, None for a notice."""
        try:
            if self.running is None:
                self.running = Running(wanted, self._begin(self, wanted.options))
            return self._start_lanes(self.running)
        except SourceGone:
            self.report(STREAM_GONE)
            if self.running:
                self._end_lanes(self.running)
                self.running = None
            return UNSETTLED

    def _start_lanes(self, running: Running) -> float | None:
        work, options = running.work, running.work.options
        stream, now = work.source.stream, work.clock()
        places = work.checkpoints.spread(options.parallelization)
        for shard in stream.visible_shards(now):
            lanes = {lane for lane in places if lane.shard == shard.number}
            parents = {shard.parent, shard.adjacent_parent} - {None}
            if any(lane.shard in parents and not place.finished for lane, place in places.items()):
                continue
            if not lanes:  # Opened since: read from its beginning.
                lanes = {
                    Lane(shard.number, number, options.parallelization)
                    for number in range(options.parallelization)
                }
                work.checkpoints.begin(dict.fromkeys(lanes, Place(0)))
            for lane in lanes - running.lanes.keys():
                place = places.get(lane, Place(0))
                if not place.finished:
                    self._start_lane(running, lane, place)
        return UNSETTLED if len(stream.visible_shards(now)) < len(stream.shards) else None

    def _start_lane(self, running: Running, lane: Lane, place: Place) -> None:
        def run() -> None:
            try:
                LaneRunner(running.work, lane, place).run()
            except (Stopped, SourceGone):
                pass
            except Exception:
                if not running.work.stopping.is_set():
                    log.exception("Mapping %s, shard %d: begins again", self.uuid, lane.shard)
                    running.work.stopping.wait(RESTART_AFTER)
            finally:
                with self._changed:
                    running.lanes.pop(lane, None)
                    self._notice()

        name = f"mapping-{self.uuid[:8]}-{lane.shard}-{lane.number}"
        thread = threading.Thread(target=run, daemon=True, name=name)
        running.lanes[lane] = thread
        thread.start()

    def _end_lanes(self, running: Running) -> None:
        running.work.stop()
        for thread in list(running.lanes.values()):
            thread.join()

    def _notice(self) -> None:
        self._looked = False
        self._changed.notify_all()

    def _show(self, state: str) -> None:
        self.current_state = self.entry["State"] = state
