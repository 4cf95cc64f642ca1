"""A tutorial's steps, in order: what is typed, and what the tutorial says is seen then.

HOW says how a step is followed here. Commands are the tutorials' own, but for ports, which are the
test's; the code of functions is written anew, to do what theirs do.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest

from devenv.testing.engine import Engine
from devenv.wait import wait_for

from .terminal import Shown, Terminal

PATIENCE = 60.0
"""Seconds until what comes by itself (a log, a record) has to be there."""


UNTIL_ECR = "ECR isn't there yet"
"""Another part of the work on the tutorials."""


class How(StrEnum):
    AS_WRITTEN = "as written"
    EQUIVALENT = "documented equivalent"
    ENGINE = "needs an engine"
    ITS_ERROR = "the tutorial's own error"


@dataclass(frozen=True)
class Step:
    title: str
    how: How
    typed: str
    seen: str = ""
    """A regular expression that what is shown has to meet; it's typed again until it does, or
    `PATIENCE` ends, if the step is one that looks at what comes by itself."""
    again: bool = False
    fails: bool = False
    """Whether the command has to fail: with the tutorial's own error, say."""
    needs: str = ""
    """A program that isn't everywhere."""
    until: str = ""
    """The work that this step waits for, if it doesn't work yet."""

    def follow(self, terminal: Terminal) -> None:
        def shown() -> Shown | None:
            last.append(terminal.type(self.typed))
            return last[-1] if self._is_met(last[-1]) else None

        last: list[Shown] = []
        if not self.again:
            assert shown(), last[-1]
            return
        try:
            wait_for(shown, timeout=PATIENCE, interval=0.5, failure=f"never seen: {self.seen}")
        except Exception as error:
            error.add_note(str(last[-1]))
            raise

    def _is_met(self, shown: Shown) -> bool:
        if (shown.code != 0) != self.fails:
            return False
        return re.search(self.seen, shown.text, re.DOTALL) is not None


def parametrize(seed: str, steps: list[Step]) -> Callable[..., Any]:
    """A test's parameter `step`, with a row of the table for each."""
    return pytest.mark.parametrize(
        "step",
        [
            pytest.param(step, id=f"{number:02} {step.title}", marks=marks(seed, number, step))
            for number, step in enumerate(steps, 1)
        ],
    )


def marks(seed: str, number: int, step: Step) -> list[pytest.MarkDecorator]:
    found = [pytest.mark.tutorial(seed, f"{number:02} {step.title}", str(step.how))]
    if step.until:
        found.append(pytest.mark.xfail(strict=True, reason=step.until))
    return found


def follow(step: Step, terminal: Terminal, engine: Engine) -> None:
    if step.how is How.ENGINE and engine is not Engine.DOCKER:
        pytest.skip("needs an engine")
    if step.needs and shutil.which(step.needs) is None:
        pytest.skip(f"there is no {step.needs} on this machine")
    step.follow(terminal)
