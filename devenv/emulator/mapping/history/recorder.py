"""What a lane tells of its batches while it delivers them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from devenv.emulator.mapping.events import Record
from devenv.emulator.mapping.invocation import Answered
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.outcomes import NotRun, Outcome
from devenv.emulator.mapping.retries import Part, Step


class LaneRecorder(Protocol):
    """Told by one lane's thread, in the order in which things happen. Nothing here may wait."""

    def batch(self, records: Sequence[Record], checkpoint: int) -> None:
        """A batch is delivered from now on; the lane's checkpoint is still at this position."""
        ...

    def window_end(self, checkpoint: int) -> None:
        """The same of a tumbling window's last invocation, which has no records."""
        ...

    def invoking(self) -> None:
        """The function is called."""
        ...

    def answered(self, answer: Answered | NotRun) -> None:
        """It has answered, or it didn't run."""
        ...

    def tried(self, part: Part, outcome: Outcome, step: Step, sent: bool | None) -> None:
        """An attempt is over. `sent`: whether the destination was told of what is discarded; None
        if nothing is, or there's no destination."""
        ...

    def expired(self, part: Part, sent: bool | None) -> None:
        """Records became too old, and are discarded without another attempt."""
        ...

    def done(self, checkpoint: int) -> None:
        """Nothing is left of the batch; this is where the checkpoint is now."""
        ...

    def refused(self, why: str, checkpoint: int) -> None:
        """The role may not read the stream; "" once it may again."""
        ...

    def close(self) -> None:
        """The lane ends; a batch that isn't done will be delivered again."""
        ...


class Silent:
    """Keeps nothing."""

    def batch(self, records: Sequence[Record], checkpoint: int) -> None: ...

    def window_end(self, checkpoint: int) -> None: ...

    def invoking(self) -> None: ...

    def answered(self, answer: Answered | NotRun) -> None: ...

    def tried(self, part: Part, outcome: Outcome, step: Step, sent: bool | None) -> None: ...

    def expired(self, part: Part, sent: bool | None) -> None: ...

    def done(self, checkpoint: int) -> None: ...

    def refused(self, why: str, checkpoint: int) -> None: ...

    def close(self) -> None: ...


SILENT = Silent()

type MakeRecorder = Callable[[str, Lane], LaneRecorder]
"""From a shard's id and a lane in it."""


def silent(shard_id: str, lane: Lane) -> LaneRecorder:
    return SILENT
