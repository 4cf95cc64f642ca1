"""Delivering a batch: invoked, tried again, split, or discarded, until no record of it is left."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from devenv.emulator.mapping.batching import Batch
from devenv.emulator.mapping.destinations import Discarded
from devenv.emulator.mapping.events import PAYLOAD_LIMIT, Record, payload
from devenv.emulator.mapping.invocation import Answered
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
    after,
    function_error,
    split_expired,
)
from devenv.emulator.mapping.windows import Window, start_of
from devenv.emulator.mapping.work import CALL_FAILED, OK, Work

log = logging.getLogger(__name__)


@dataclass
class Delivery:
    """Of one lane. `window` is the tumbling window that is open, with its state."""

    work: Work
    shard_id: str
    call: Callable[[bytes], Answered | NotRun]
    """Invokes the function, and may read on meanwhile."""
    save: Callable[[int], None]
    """Told up to which position all is done."""
    window: Window | None = None
    _answered: Answered | None = None
    """The last invocation that ran, of the batch at hand."""

    def deliver(self, batch: Batch) -> None:
        """Raises Stopped with the rest of the batch after the checkpoint."""
        self._open_window(batch)
        self._answered = None
        parts = deque([Part(batch.records)])
        while parts:
            self.work.check()
            expired, part = split_expired(parts.popleft(), self._oldest())
            if expired:
                self._discard(expired, TOO_OLD)
            if part is None:
                continue
            outcome = self._try(part)
            step = after(part, outcome, self.work.options)
            self._tell(part, outcome, step)
            if step.discarded:
                self._discard(step.discarded, EXHAUSTED, outcome)
            parts.extendleft(reversed(step.retry))
            self._keep_state(outcome)
            if parts and parts[0].records[0].position > part.records[0].position:
                self.save(parts[0].records[0].position - 1)
            if step.backoff:
                left = parts[0].records[0].arrived - self._oldest()
                self.work.wait(min(step.backoff, max(0.0, left / 1000)))
        self.save(batch.through)

    def close_window(self, *, early: bool = False) -> None:
        """The final invocation of the window: it gets the state and no records."""
        window = self.window
        if window is None:
            return
        part = Part(())
        while True:
            self.work.check()
            outcome = self._try(part, final=True, early=early)
            if isinstance(outcome, Succeeded):
                break
            step = after(part, outcome, self.work.options)
            self._tell(part, outcome, step)
            if step.discarded or window.end * 1000 < self._oldest():
                log.error("%s: the window's state is given up.", self._name())
                break
            part = step.retry[0]
            self.work.wait(step.backoff)
        self.window = None

    def _try(self, part: Part, *, final: bool = False, early: bool = False) -> Outcome:
        """Invoke once. Raises Stopped for a failure while the mapping stops: it may be why."""
        work, members = self.work, None
        if self.window:
            source = work.options.source_arn
            members = self.window.members(self.shard_id, source, final=final, early=early)
        event = payload(part.records, members)
        if len(event) > PAYLOAD_LIMIT:
            return Failed(f"an event of {len(event)} bytes is over 6 MB", hopeless=True)
        if part.records:
            age = max(0, int(work.clock() * 1000) - part.records[-1].arrived)
            with work.statistics.of(self.shard_id) as counts:
                counts.iterator_age_ms = age
            work.measure(age)
        answered = self.call(event)
        if isinstance(answered, NotRun):
            work.check()
            return answered
        if answered.is_error:
            work.check()
        self._answered = answered
        return read_answer(
            answered.payload,
            answered.is_error,
            [record.sequence_number for record in part.records] if work.options.partial else (),
            partial=work.options.partial,
            window=self.window is not None and not final,
        )

    def _discard(self, part: Part, condition: str, outcome: Outcome | None = None) -> None:
        answered = self._answered
        ran = answered if condition == EXHAUSTED else None
        with self.work.statistics.of(self.shard_id) as counts:
            counts.discarded += len(part.records)
        log.warning(
            "%s: %d records given up, %s.", self._name(part.records), len(part.records), condition
        )
        self.work.send(
            Discarded(
                records=part.records,
                condition=condition,
                attempts=part.attempts,
                function_arn=self.work.options.function_arn,
                stream_arn=self.work.options.stream_arn,
                shard_id=self.shard_id,
                moment=self.work.clock(),
                request_id=answered.request_id if answered else None,
                version=ran.version if ran else None,
                function_error=function_error(outcome) if outcome and ran else None,
            )
        )

    def _oldest(self) -> int:
        """The moment (ms) before which records are too old."""
        age = self.work.source.stream.retention_hours * 3600.0
        if self.work.options.max_age != FOREVER:
            age = min(age, self.work.options.max_age)
        return int((self.work.clock() - age) * 1000)

    def _open_window(self, batch: Batch) -> None:
        if length := self.work.options.tumbling_window:
            start = start_of(batch.records[0].arrived, length)
            if self.window is None or self.window.start != start:
                self.window = Window(start, length)

    def _keep_state(self, outcome: Outcome) -> None:
        """For the next invocation of the window, which ends early if it's too large."""
        if self.window is None or not isinstance(outcome, Succeeded | PartlyFailed):
            return
        window = self.window = replace(self.window, state=outcome.state)
        if window.is_too_large:
            self.close_window(early=True)
            self.window = Window(window.start, window.length)

    def _tell(self, part: Part, outcome: Outcome, step: Step) -> None:
        """Count it; a failure is logged in one line."""
        with self.work.statistics.of(self.shard_id) as counts:
            counts.records += step.done
            if isinstance(outcome, NotRun):
                counts.throttles += 1
            else:
                counts.batches += 1
                counts.errors += not isinstance(outcome, Succeeded)
                counts.retries += bool(step.retry)
        if isinstance(outcome, Succeeded):
            self.work.report(OK)
            return
        self.work.report(CALL_FAILED)
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
        """Which mapping, shard and records a line in the log is about."""
        function = self.work.options.function_arn.partition(":function:")[2]
        where = f"Mapping {self.work.source.stream.name} → {function}, {self.shard_id}"
        if records:
            where += f", {records[0].sequence_number} to {records[-1].sequence_number}"
        return where
