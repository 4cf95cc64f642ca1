"""Running one lane: reads its records in order, delivers them in batches, keeps the checkpoint.

A lane waits for records, for the batching window or for a backoff; it never polls. What happens to
a record goes one way: read (`source`), gathered into a batch (`batching`), invoked (`read_ahead`),
decided (`outcomes`, `retries`), applied (`delivery`), saved (`lane_progress`).
"""

import logging

from devenv.emulator.mapping.batching import Gatherer
from devenv.emulator.mapping.checkpoints import Checkpoint
from devenv.emulator.mapping.context import MappingContext
from devenv.emulator.mapping.delivery import Delivery
from devenv.emulator.mapping.events import Encoder
from devenv.emulator.mapping.filters import Filters
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.lane_progress import LaneProgress
from devenv.emulator.mapping.read_ahead import ReadAhead
from devenv.emulator.mapping.role import access_error_message
from devenv.emulator.mapping.source import ShardReader
from devenv.emulator.mapping.windows import STATE_LIMIT, start_of

log = logging.getLogger(__name__)

LONGEST_WAIT = 30.0
"""Seconds until a lane without records looks whether its stream is still as it was."""
UNSETTLED_WAIT = 0.2
"""The same while the stream is changing (DEVENV_KINESIS_DELAY), which ends without a notice."""
WINDOW_GRACE = 0.1
"""Seconds after a window's end in which a record that arrived in it may still be on its way."""
REFUSED_WAIT = 1.0
"""Seconds until the next look whether the role may read."""
MEMBERS_SIZE = 2048
"""Bytes of an event that a window's members take beside the state, at most."""


class LaneRunner:
    """Runs in a thread of its own until the shard is read to its end."""

    def __init__(self, context: MappingContext, lane: Lane, checkpoint: Checkpoint) -> None:
        self._context = context
        self._reader = ShardReader(context.source, lane, checkpoint.position)
        self._progress = LaneProgress(context.checkpoints, lane, checkpoint)
        options, stream = context.options, context.source.stream
        filters = Filters(options.patterns)
        encoder = Encoder(self._reader.shard, options.source_arn, stream.region, context.role)
        self._gatherer = Gatherer(
            self._reader,
            options,
            encoder.record,
            filters.passes if filters else None,
            context.clock,
            reserve=STATE_LIMIT + MEMBERS_SIZE if options.tumbling_window else 0,
        )
        self._invoke = ReadAhead(context.invoke, self._reader, self._gatherer)
        shard_id = self._reader.shard.id
        self._recorder = context.recorder(shard_id, lane)
        self._delivery = Delivery(context, shard_id, self._invoke, self._progress, self._recorder)
        self._refused = ""

    def run(self) -> None:
        """Deliver until the shard's end. Raises Stopped or SourceGone."""
        try:
            while not self._turn():
                self._context.check()
        finally:
            self._recorder.close()
            self._invoke.close()

    def _turn(self) -> bool:
        """Do what is due, or wait for it. Return True once the shard is finished."""
        gatherer, delivery, progress = self._gatherer, self._delivery, self._progress
        if self._is_refused():
            self._context.wait(REFUSED_WAIT)
            return False
        gatherer.fill()
        now, due = self._context.clock(), gatherer.due()
        if self._window_is_over(now):
            delivery.close_window()
            progress.save(progress.position)
        elif due is not None and due <= now:
            delivery.deliver(gatherer.take())
        elif self._reader.finished and gatherer.is_empty:
            delivery.close_window()
            progress.save(gatherer.position, finished=True)
            return True
        else:
            if gatherer.is_empty and gatherer.position > progress.position:
                progress.save(gatherer.position)  # The filter let none of the last ones through.
            self._wait(now, due)
        return False

    def _is_refused(self) -> bool:
        """Return whether the role may not read now; logged once, and again when it may."""
        refusal, source = self._context.read_refusal() or "", self._context.options.source_arn
        if refusal:
            self._context.report(f"PROBLEM: {access_error_message(source)}")
        if refusal != self._refused:
            self._recorder.refused(refusal, self._progress.position)
            where = (
                f"Mapping {source} → {self._context.options.function_arn}, {self._reader.shard.id}"
            )
            if refusal:
                log.error("%s: not read. %s Trying until it is allowed.", where, refusal)
            else:
                log.info("%s: the role may read it again.", where)
            self._refused = refusal
        return bool(refusal)

    def _window_is_over(self, now: float) -> bool:
        window, first = self._progress.window, self._gatherer.first_arrival
        if window is None:
            return False
        if first is not None:
            return start_of(first, window.length) != window.start
        return now >= window.end + WINDOW_GRACE

    def _wait(self, now: float, due: float | None) -> None:
        """Wait until there is a record, or something is due."""
        stream, shard = self._context.source.stream, self._reader.shard
        moments = [now + LONGEST_WAIT]
        if due is not None:
            moments.append(due)
        if window := self._progress.window:
            moments.append(window.end + WINDOW_GRACE)
        if shard.closes is not None or stream.status_at(now) != "ACTIVE":
            moments.append(now + UNSETTLED_WAIT)
        self._context.source.kinesis.store.records.wait(
            shard.key,
            self._reader.position,
            max(0.0, min(moments) - now),
            unless=self._context.stopping.is_set,
        )
