"""A tutorial's steps, in order: what is typed, and what the tutorial says is seen then.

A step's kind says how it is followed here, and `here` what docs/tutorials.md says of it, where it
isn't typed as it is written. Steps of one tutorial build on each other: once one fails, those after
it aren't tried.
"""

import contextlib
import re
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from devenv.errors import Unreachable
from devenv.testing.engine import Engine
from devenv.wait import wait_for

from .page import block, link
from .terminal import Shown, Terminal

PATIENCE = 60.0
"""Seconds until what comes by itself (a log, a record) has to be there."""


class How(StrEnum):
    AS_WRITTEN = "as written"
    EQUIVALENT = "documented equivalent"
    ENGINE = "needs an engine"
    ITS_ERROR = "the tutorial's own error"


@dataclass(frozen=True)
class Typed:
    """A command, and a regular expression that what it shows has to meet."""

    command: str
    shows: str = ""
    fails: bool = False
    """Whether the command has to fail: with the tutorial's own error, say."""
    again: bool = False
    """Whether it is typed again until it shows that: it looks at what comes by itself."""
    answers: tuple[str, ...] = ()
    """Typed at the command's questions."""
    other_terminal: bool = False
    """Whether it runs on in a terminal of its own, until Ctrl-C is pressed there."""


@dataclass(frozen=True)
class Step:
    title: str
    how: How
    acts: tuple[Typed, ...]
    here: str = ""
    needs: tuple[str, ...] = ()
    """Programs that aren't everywhere."""

    def why_not(self, engine: Engine) -> str:
        """Why it can't be tried here."""
        if self.how is How.ENGINE and engine is not Engine.DOCKER:
            return "needs an engine"
        if "node" in self.needs and engine is Engine.DOCKER:
            return "the emulator's container has no node"
        missing = [name for name in self.needs if shutil.which(name) is None]
        return f"there is no {missing[0]} on this machine" if missing else ""


def types(command: str, shows: str = "", *, answers: tuple[str, ...] = ()) -> Typed:
    return Typed(command, shows, answers=answers)


def fails(command: str, shows: str) -> Typed:
    return Typed(command, shows, fails=True)


def until(command: str, shows: str) -> Typed:
    return Typed(command, shows, again=True)


def meanwhile(command: str) -> Typed:
    return Typed(command, other_terminal=True)


def as_written(title: str, *acts: Typed, needs: tuple[str, ...] = ()) -> Step:
    return Step(title, How.AS_WRITTEN, acts, needs=needs)


def equivalent(title: str, here: str, *acts: Typed) -> Step:
    return Step(title, How.EQUIVALENT, acts, here)


def its_error(title: str, here: str, *acts: Typed) -> Step:
    """As it is written, which fails; then what `here` says."""
    return Step(title, How.ITS_ERROR, acts, here)


def engine(title: str, here: str, *acts: Typed) -> Step:
    return Step(title, How.ENGINE, acts, here)


def console(title: str, heading: str, *acts: Typed, shows: str = "", **names: str) -> Step:
    """Clicks that the page's `heading` has as commands; `acts` come after them."""
    clicked = types(block(heading, **names), shows)
    return equivalent(title, link(heading), clicked, *acts)


@dataclass
class Seed:
    """A tutorial, or a part of one: whose account and region it has, and its steps."""

    number: str
    account: str
    region: str
    steps: list[Step]
    first: int = 1
    """The number of its first step."""
    done: int = field(default=0, init=False)
    failed: str = field(default="", init=False)
    """The step that did."""

    @property
    def parameters(self) -> list[Any]:
        """A test's parameters, with a row of the report for each."""
        return [
            pytest.param(
                number, id=name, marks=pytest.mark.tutorial(self.number, name, str(step.how))
            )
            for number, step in enumerate(self.steps, self.first)
            for name in [f"{number:02} {step.title}"]
        ]

    def follow(self, number: int, terminal: Terminal, engine: Engine) -> None:
        if self.failed:
            pytest.skip(f"after {self.failed}")
        step = self.steps[number - self.first]
        assert step is self.steps[self.done], "steps build on each other: run the whole file"
        self.done += 1
        if why := step.why_not(engine):
            pytest.skip(why)
        self.failed = f"{number:02} {step.title}"
        for act in step.acts:
            follow(act, terminal)
        self.failed = ""


def follow(act: Typed, terminal: Terminal) -> None:
    if act.other_terminal:
        terminal.leave_running(act.command)
        return
    shown: list[Shown] = []

    def is_met() -> bool:
        shown.append(terminal.type(act.command, act.answers))
        if (shown[-1].code != 0) != act.fails:
            return False
        return re.search(act.shows, shown[-1].text, re.DOTALL) is not None

    with contextlib.suppress(Unreachable):
        wait_for(is_met, timeout=PATIENCE if act.again else 0, interval=0.2, failure="")
        return
    said = f"{act.command}\nshows (exit code {shown[-1].code}):\n{shown[-1].text}"
    pytest.fail(f"{said}\nnot: {act.shows}\n{terminal.elsewhere()}", pytrace=False)
