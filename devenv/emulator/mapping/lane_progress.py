"""How far a lane has come: the one owner of its checkpoint, and of the tumbling window in it."""

from devenv.emulator.mapping.checkpoints import Checkpoint, Checkpoints
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.windows import Window


class LaneProgress:
    """Starts at a lane's last checkpoint. Nothing is written before `save`."""

    def __init__(self, checkpoints: Checkpoints, lane: Lane, checkpoint: Checkpoint) -> None:
        self._checkpoints, self._lane = checkpoints, lane
        self.position = checkpoint.position
        """Everything up to it was delivered or discarded."""
        self.window: Window | None = checkpoint.window
        """The tumbling window that is open, with its state."""

    def save(self, position: int, *, finished: bool = False) -> None:
        """Write that everything up to `position` is done, with the window as it is now.

        `finished`: the shard is closed, and this was its end.
        """
        self.position = position
        self._checkpoints.save(self._lane, Checkpoint(position, finished, self.window))
