"""One lane of a shard: reads its records in order, delivers them in batches, keeps the checkpoint.

A lane waits for records, for the batching window or for a backoff; it never looks again and
again. While the function works on a batch, the next one is read and encoded.
"""

import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor

from devenv.emulator.mapping.batching import Gatherer
from devenv.emulator.mapping.checkpoints import Lane, Place
from devenv.emulator.mapping.delivery import Delivery
from devenv.emulator.mapping.events import Encoder
from devenv.emulator.mapping.filters import Filters
from devenv.emulator.mapping.invocation import Answered
from devenv.emulator.mapping.outcomes import NotRun
from devenv.emulator.mapping.role import words
from devenv.emulator.mapping.source import ShardReader, SourceGone
from devenv.emulator.mapping.windows import STATE_LIMIT, start_of
from devenv.emulator.mapping.work import Work

log = logging.getLogger(__name__)

LONGEST_WAIT = 30.0
"""Seconds until a lane without records looks whether its stream is still as it was."""
UNSETTLED_WAIT = 0.2
"""The same while the stream is changing (DEVENV_KINESIS_DELAY): that ends with no notice."""
WINDOW_GRACE = 0.1
"""Seconds after a window's end in which a record that arrived in it may still be on its way."""
REFUSED_WAIT = 1.0
"""Seconds until it's asked again whether the role may read."""
MEMBERS_SIZE = 2048
"""Bytes of an event that a window's members take beside the state, at most."""


class LaneRunner:
    """Runs in a thread of its own until the shard is read to its end."""

    def __init__(self, work: Work, lane: Lane, place: Place) -> None:
        self._work, self._lane = work, lane
        self._reader = ShardReader(work.source, lane, place.position)
        self._saved = place
        options, stream = work.options, work.source.stream
        filters = Filters(options.patterns)
        encoder = Encoder(self._reader.shard, options.source_arn, stream.region, work.role)
        self._gatherer = Gatherer(
            self._reader,
            options,
            encoder.record,
            filters.passes if filters else None,
            work.clock,
            reserve=STATE_LIMIT + MEMBERS_SIZE if options.tumbling_window else 0,
        )
        self._delivery = Delivery(work, self._reader.shard.id, self._call, self._save, place.window)
        self._invocations = ThreadPoolExecutor(1, thread_name_prefix="mapping-invocation")
        self._refused = ""

    def run(self) -> None:
        """Raises Stopped or SourceGone."""
        try:
            while not self._turn():
                self._work.check()
        finally:
            self._invocations.shutdown(wait=False)

    def _turn(self) -> bool:
        """Do the next thing that's due, or wait for it; True once the shard is finished."""
        gatherer, delivery = self._gatherer, self._delivery
        if self._is_refused():
            self._work.wait(REFUSED_WAIT)
            return False
        gatherer.fill()
        now, due = self._work.clock(), gatherer.due()
        if self._window_is_over(now):
            delivery.close_window()
            self._save(self._saved.position)
        elif due is not None and due <= now:
            delivery.deliver(gatherer.take())
        elif self._reader.finished and gatherer.is_empty:
            delivery.close_window()
            self._save(gatherer.position, finished=True)
            return True
        else:
            if gatherer.is_empty and gatherer.position > self._saved.position:
                self._save(gatherer.position)
            self._wait(now, due)
        return False

    def _is_refused(self) -> bool:
        """Whether the role may not read now; told once, and again when it may."""
        refusal, source = self._work.refusal() or "", self._work.options.source_arn
        if refusal:
            self._work.report(f"PROBLEM: {words(source)}")
        if refusal != self._refused:
            where = f"Mapping {source} → {self._work.options.function_arn}, {self._reader.shard.id}"
            if refusal:
                log.error("%s: not read. %s Trying until it is allowed.", where, refusal)
            else:
                log.info("%s: the role may read it again.", where)
            self._refused = refusal
        return bool(refusal)

    def _window_is_over(self, now: float) -> bool:
        window, first = self._delivery.window, self._gatherer.first_arrival
        if window is None:
            return False
        if first is not None:
            return start_of(first, window.length) != window.start
        return now >= window.end + WINDOW_GRACE

    def _wait(self, now: float, due: float | None) -> None:
        """Until there's a record, or something is due."""
        stream, shard = self._work.source.stream, self._reader.shard
        moments = [now + LONGEST_WAIT]
        if due is not None:
            moments.append(due)
        if window := self._delivery.window:
            moments.append(window.end + WINDOW_GRACE)
        if shard.closes is not None or stream.status_at(now) != "ACTIVE":
            moments.append(now + UNSETTLED_WAIT)
        self._work.source.kinesis.store.records.wait(
            shard.key,
            self._reader.position,
            max(0.0, min(moments) - now),
            unless=self._work.stopping.is_set,
        )

    def _call(self, event: bytes) -> Answered | NotRun:
        """Invoke; where there's a backlog, read and encode the next batch meanwhile."""
        if not self._reader.has_more():
            return self._work.invoke(event)
        future = self._invocations.submit(self._work.invoke, event)
        try:
            # Found again, and told, by the next turn.
            with contextlib.suppress(SourceGone):
                self._gatherer.fill()
        finally:
            answered = future.result()
        return answered

    def _save(self, position: int, *, finished: bool = False) -> None:
        self._saved = Place(position, finished, self._delivery.window)
        self._work.checkpoints.save(self._lane, self._saved)
