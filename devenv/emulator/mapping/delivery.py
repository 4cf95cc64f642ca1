"""Delivering a batch: invoked, tried again, split or discarded, until no record of it is left.

What follows from an outcome is decided in `retries`; here it is done.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from devenv.emulator.mapping.batching import Batch
from devenv.emulator.mapping.context import CALL_FAILED, OK, MappingContext
from devenv.emulator.mapping.destinations import Discarded
from devenv.emulator.mapping.events import PAYLOAD_LIMIT, Record, payload
from devenv.emulator.mapping.history.recorder import SILENT, LaneRecorder
from devenv.emulator.mapping.invocation import Answered
from devenv.emulator.mapping.lane_progress import LaneProgress
from devenv.emulator.mapping.options import FOREVER
from devenv.emulator.mapping.outcomes import (
    Failed,
    NotRun,
    Outcome,
    PartlyFailed,
    Succeeded,
    read_answer,
)
from devenv.emulator.mapping.retries import (
    EXHAUSTED,
    TOO_OLD,
    Part,
    Step,
    function_error,
    next_step,
    split_expired,
)
from devenv.emulator.mapping.windows import Window, start_of

log = logging.getLogger(__name__)


@dataclass
class Delivery:
    """Delivers one lane's batches, one after the other."""

    context: MappingContext
    shard_id: str
    invoke: Callable[[bytes], Answered | NotRun]
    progress: LaneProgress
    recorder: LaneRecorder = SILENT
    _answered: Answered | None = None
    """The last invocation that ran, of the batch that is delivered."""

    def deliver(self, batch: Batch) -> None:
        """Deliver all of `batch`, saving progress on the way. Raises Stopped, with the rest of the
        batch after the checkpoint."""
        self._open_window(batch)
        self._answered = None
        self.recorder.batch(batch.records, self.progress.position)
        parts = deque([Part(batch.records)])
        while parts:
            self.context.check()
            expired, part = split_expired(parts.popleft(), self._oldest())
            if expired:
                self.recorder.expired(expired, self._discard(expired, TOO_OLD))
            if part is None:
                continue
            outcome = self._try(part)
            step = next_step(part, outcome, self.context.options)
            self._report(part, outcome, step)
            self._apply(part, outcome, step, parts)
        self.progress.save(batch.through)
        self.recorder.done(batch.through)

    def _apply(self, part: Part, outcome: Outcome, step: Step, parts: deque[Part]) -> None:
        """Discard what is given up, put what is tried again in front of `parts`, save how far the
        batch has come, and wait for the backoff."""
        sent = self._discard(step.discarded, EXHAUSTED, outcome) if step.discarded else None
        self.recorder.tried(part, outcome, step, sent)
        parts.extendleft(reversed(step.retry))
        self._keep_state(outcome)
        if parts and parts[0].records[0].position > part.records[0].position:
            self.progress.save(parts[0].records[0].position - 1)
        if step.backoff:
            left = parts[0].records[0].arrived - self._oldest()
            self.context.wait(min(step.backoff, max(0.0, left / 1000)))

    def close_window(self, *, early: bool = False) -> None:
        """Invoke for the last time in the open window, with its state and no records."""
        window = self.progress.window
        if window is None:
            return
        part = Part(())
        self.recorder.window_end(self.progress.position)
        while True:
            self.context.check()
            outcome = self._try(part, final=True, early=early)
            step = next_step(part, outcome, self.context.options)
            self.recorder.tried(part, outcome, step, None)
            if isinstance(outcome, Succeeded):
                break
            self._report(part, outcome, step)
            if step.discarded or window.end * 1000 < self._oldest():
                log.error("%s: the window's state is given up.", self._name())
                break
            part = step.retry[0]
            self.context.wait(step.backoff)
        self.progress.window = None
        self.recorder.done(self.progress.position)

    def _try(self, part: Part, *, final: bool = False, early: bool = False) -> Outcome:
        """Invoke once. Raises Stopped for a failure while the mapping stops: it may be why."""
        context, members, window = self.context, None, self.progress.window
        if window:
            source = context.options.source_arn
            members = window.members(self.shard_id, source, final=final, early=early)
        event = payload(part.records, members)
        if len(event) > PAYLOAD_LIMIT:
            return Failed(f"an event of {len(event)} bytes is over 6 MB", hopeless=True)
        if part.records:
            age = max(0, int(context.clock() * 1000) - part.records[-1].arrived)
            with context.statistics.of(self.shard_id) as counts:
                counts.iterator_age_ms = age
            context.measure(age)
        self.recorder.invoking()
        answered = self.invoke(event)
        self.recorder.answered(answered)
        if isinstance(answered, NotRun):
            context.check()
            return answered
        if answered.is_error:
            context.check()
        self._answered = answered
        return read_answer(
            answered.payload,
            answered.is_error,
            [record.sequence_number for record in part.records] if context.options.partial else (),
            partial=context.options.partial,
            window=window is not None and not final,
        )

    def _discard(self, part: Part, condition: str, outcome: Outcome | None = None) -> bool | None:
        """Give records up. Whether the destination was told; None if there's none."""
        answered = self._answered
        ran = answered if condition == EXHAUSTED else None
        with self.context.statistics.of(self.shard_id) as counts:
            counts.discarded += len(part.records)
        log.warning(
            "%s: %d records given up, %s.", self._name(part.records), len(part.records), condition
        )
        return self.context.send(
            Discarded(
                records=part.records,
                condition=condition,
                attempts=part.attempts,
                function_arn=self.context.options.function_arn,
                stream_arn=self.context.options.stream_arn,
                shard_id=self.shard_id,
                moment=self.context.clock(),
                request_id=answered.request_id if answered else None,
                version=ran.version if ran else None,
                function_error=function_error(outcome) if outcome and ran else None,
            )
        )

    def _oldest(self) -> int:
        """Return the moment (ms since the epoch) before which records are too old."""
        age = self.context.source.stream.retention_hours * 3600.0
        if self.context.options.max_age != FOREVER:
            age = min(age, self.context.options.max_age)
        return int((self.context.clock() - age) * 1000)

    def _open_window(self, batch: Batch) -> None:
        if length := self.context.options.tumbling_window:
            start, window = start_of(batch.records[0].arrived, length), self.progress.window
            if window is None or window.start != start:
                self.progress.window = Window(start, length)

    def _keep_state(self, outcome: Outcome) -> None:
        """Keep the state for the window's next invocation; one with too much ends early."""
        window = self.progress.window
        if window is None or not isinstance(outcome, Succeeded | PartlyFailed):
            return
        self.progress.window = window = replace(window, state=outcome.state)
        if window.is_too_large:
            self.close_window(early=True)
            self.progress.window = Window(window.start, window.length)

    def _report(self, part: Part, outcome: Outcome, step: Step) -> None:
        """Count the outcome; log a failure in one line."""
        with self.context.statistics.of(self.shard_id) as counts:
            counts.records += step.done
            if isinstance(outcome, NotRun):
                counts.throttles += 1
            else:
                counts.batches += 1
                counts.errors += not isinstance(outcome, Succeeded)
                counts.retries += bool(step.retry)
        if isinstance(outcome, Succeeded):
            self.context.report(OK)
            return
        self.context.report(CALL_FAILED)
        what = "not started" if isinstance(outcome, NotRun) else f"attempt {part.attempts + 1}"
        if step.discarded:
            then = "No retries are left."
        elif len(step.retry) > 1:
            sizes = " and ".join(str(len(piece.records)) for piece in step.retry)
            then = f"Trying again in parts of {sizes}."
        else:
            rest = f" {len(step.retry[0].records)} of them" if step.done else ""
            then = f"Trying{rest} again in {step.backoff:.1f} s."
        log.warning(
            "%s: batch of %d records failed, %s: %s. %s",
            self._name(part.records),
            len(part.records),
            what,
            outcome.reason,
            then,
        )

    def _name(self, records: Sequence[Record] = ()) -> str:
        """Return which mapping, shard and records a line of the log is about."""
        function = self.context.options.function_arn.partition(":function:")[2]
        where = f"Mapping {self.context.source.stream.name} → {function}, {self.shard_id}"
        if records:
            where += f", {records[0].sequence_number} to {records[-1].sequence_number}"
        return where
