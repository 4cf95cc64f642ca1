"""What can't be known at an endpoint, and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unknown:
    """In place of what was asked for."""

    what: str
    why: str
    """A sentence, with what to look at instead."""

    def __str__(self) -> str:
        return f"{self.what} can't be known here: {self.why}"
