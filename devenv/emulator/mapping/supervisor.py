"""A mapping's life: enabled, disabled, changed and deleted, with a runner for each of its lanes.

One thread supervises a mapping: it brings what is active to what is desired, starts the lanes of
each shard whose parents are finished, and sleeps until something changes.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from devenv.emulator.mapping.checkpoints import Checkpoint, Checkpoints
from devenv.emulator.mapping.context import MappingContext, Stopped
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.lane_runner import LaneRunner
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.source import SourceGone
from devenv.emulator.mapping.statistics import Statistics

log = logging.getLogger(__name__)

STREAM_GONE = "PROBLEM: Stream not found"
INTERNAL_ERROR = "PROBLEM: Internal error of the emulator, see its log"
UNSETTLED = 1.0
"""Seconds until the next look at a stream that is missing or changing."""
RESTART_AFTER = 1.0
"""Seconds after an error of the emulator's own until a lane, or the supervisor, tries again."""


@dataclass(frozen=True)
class DesiredState:
    """What the API has asked the mapping to be."""

    options: Options
    enabled: bool = True
    deleted: bool = False
    shutdown: bool = False


@dataclass
class ActiveLanes:
    """The lanes of one desired state, each with the thread of its runner."""

    desired: DesiredState
    context: MappingContext
    lanes: dict[Lane, threading.Thread] = field(default_factory=dict)


class MappingSupervisor:
    """One mapping. LocalStack reads `current_state` and `state_transition_reason`."""

    state_transition_reason = "User action"

    def __init__(
        self,
        entry: dict[str, Any],
        desired: DesiredState,
        make_context: Callable[["MappingSupervisor", Options], MappingContext],
        remove: Callable[["MappingSupervisor"], None],
    ) -> None:
        """`entry` is the mapping as the API shows it, and is kept up to date here. `make_context`
        is called each time that the mapping becomes active; it may raise SourceGone."""
        self.uuid: str = entry["UUID"]
        self.entry = entry
        self.current_state: str = entry["State"]
        self.desired = desired
        self.checkpoints: Checkpoints | None = None
        """Those of the stream that was read last."""
        self.statistics = Statistics()
        self._make_context, self._remove = make_context, remove
        self._active: ActiveLanes | None = None
        self._changed = threading.Condition()
        self._is_current = True
        """Whether the supervising thread has seen the latest change."""

    @property
    def enabled(self) -> bool:
        return self.desired.enabled

    def create(self) -> None:
        """Start the supervising thread."""
        threading.Thread(target=self._live, daemon=True, name=f"mapping-{self.uuid}").start()

    def change(self, desired: DesiredState, state: str) -> None:
        """Set what the mapping shall be, shown as `state` until it is. Lanes that are active stop
        after the invocation that they wait for."""
        with self._changed:
            self.desired, active = desired, self._active
            self._show(state)
            self._notify()
        if active is not None:
            active.context.stop()

    def stop_for_shutdown(self) -> None:
        """Stop because the emulator does. Batches under way are delivered again after its start."""
        self.change(replace(self.desired, shutdown=True), self.current_state)

    def report(self, result: str) -> None:
        """Set LastProcessingResult."""
        if self.entry.get("LastProcessingResult") != result:
            self.entry["LastProcessingResult"] = result
            self.entry["LastModified"] = datetime.now(UTC)

    def shown(self) -> dict[str, Any]:
        """Return what it has done, for `/_devenv/mappings`."""
        return {
            "uuid": self.uuid,
            "function": self.desired.options.function_arn,
            "source": self.desired.options.source_arn,
            "state": self.current_state,
            "result": self.entry.get("LastProcessingResult"),
            "shards": self.statistics.shown(),
        }

    def _live(self) -> None:
        """Supervise until the mapping is deleted or the emulator stops. An unexpected error is
        reported, and ends neither."""
        while True:
            with self._changed:
                desired, self._is_current = self.desired, True
            try:
                if desired.shutdown or desired.deleted:
                    self._end_lanes()
                    break
                timeout = self._bring_to(desired)
            except Exception:
                log.exception("Mapping %s: supervised again in %.0f s", self.uuid, RESTART_AFTER)
                self.report(INTERNAL_ERROR)
                timeout = RESTART_AFTER
            with self._changed:
                self._changed.wait_for(lambda: not self._is_current, timeout)
        if desired.deleted:
            self._remove(self)

    def _bring_to(self, desired: DesiredState) -> float | None:
        """Make the mapping what is desired. Return the seconds until it has to be looked at again,
        or None to wait for a change."""
        active = self._active
        if active is not None and active.desired != desired:
            self._end_lanes()
        timeout = self._run(desired) if desired.enabled else None
        with self._changed:
            if self.desired == desired:
                self._show("Enabled" if desired.enabled else "Disabled")
        return timeout

    def _run(self, desired: DesiredState) -> float | None:
        """Start the lanes that may start. Return as `_bring_to`."""
        try:
            active = self._active
            if active is None:
                context = self._make_context(self, desired.options)
                active = ActiveLanes(desired, context)
                with self._changed:
                    self._active = active
                    if self.desired != desired:  # Changed before there was something to stop.
                        context.stop()
            return self._start_lanes(active)
        except SourceGone:
            self.report(STREAM_GONE)
            self._end_lanes()
            return UNSETTLED

    def _start_lanes(self, active: ActiveLanes) -> float | None:
        context, options = active.context, active.context.options
        stream, now = context.source.stream, context.clock()
        checkpoints = context.checkpoints.spread(options.parallelization)
        for shard in stream.visible_shards(now):
            lanes = {lane for lane in checkpoints if lane.shard == shard.number}
            parents = {shard.parent, shard.adjacent_parent} - {None}
            if any(lane.shard in parents and not c.finished for lane, c in checkpoints.items()):
                continue
            if not lanes:  # Opened since: read from its beginning.
                lanes = {
                    Lane(shard.number, number, options.parallelization)
                    for number in range(options.parallelization)
                }
                context.checkpoints.save_all(dict.fromkeys(lanes, Checkpoint(0)))
            for lane in lanes - active.lanes.keys():
                checkpoint = checkpoints.get(lane, Checkpoint(0))
                if not checkpoint.finished:
                    self._start_lane(active, lane, checkpoint)
        return UNSETTLED if len(stream.visible_shards(now)) < len(stream.shards) else None

    def _start_lane(self, active: ActiveLanes, lane: Lane, checkpoint: Checkpoint) -> None:
        context = active.context

        def run() -> None:
            try:
                LaneRunner(context, lane, checkpoint).run()
            except (Stopped, SourceGone):
                pass
            except Exception:
                if not context.stopping.is_set():
                    log.exception("Mapping %s, shard %d: begins again", self.uuid, lane.shard)
                    context.stopping.wait(RESTART_AFTER)
            finally:
                with self._changed:
                    active.lanes.pop(lane, None)
                    self._notify()

        name = f"mapping-{self.uuid[:8]}-{lane.shard}-{lane.number}"
        thread = threading.Thread(target=run, daemon=True, name=name)
        active.lanes[lane] = thread
        thread.start()

    def _end_lanes(self) -> None:
        """Stop all lanes and wait for their end."""
        active = self._active
        if active is None:
            return
        active.context.stop()
        for thread in list(active.lanes.values()):
            thread.join()
        with self._changed:
            self._active = None

    def _notify(self) -> None:
        self._is_current = False
        self._changed.notify_all()

    def _show(self, state: str) -> None:
        self.current_state = self.entry["State"] = state
