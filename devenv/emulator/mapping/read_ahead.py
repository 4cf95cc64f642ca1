"""Invoking the function while the next batch is read and encoded."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from devenv.emulator.mapping.batching import Gatherer
from devenv.emulator.mapping.invocation import Answered, Invoke
from devenv.emulator.mapping.outcomes import NotRun
from devenv.emulator.mapping.source import ShardReader, SourceGone


class ReadAhead:
    """Invokes; where there is a backlog, fills the gatherer meanwhile. One lane's own."""

    def __init__(self, invoke: Invoke, reader: ShardReader, gatherer: Gatherer) -> None:
        self._invoke, self._reader, self._gatherer = invoke, reader, gatherer
        self._invocations = ThreadPoolExecutor(1, thread_name_prefix="mapping-invocation")

    def __call__(self, event: bytes) -> Answered | NotRun:
        if not self._reader.has_more():
            return self._invoke(event)
        future = self._invocations.submit(self._invoke, event)
        try:
            # The runner's next turn meets SourceGone again, and ends the lane.
            with contextlib.suppress(SourceGone):
                self._gatherer.fill()
        finally:
            answered = future.result()
        return answered

    def close(self) -> None:
        """Take no more invocations; one that is under way goes on."""
        self._invocations.shutdown(wait=False)
