"""Runs the checks, each by itself: one that raises, or takes too long, is itself what's wrong."""

import threading
from collections.abc import Iterable, Iterator
from typing import Protocol

from devenv.aws import explain
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, skipped, wrong
from devenv.errors import DevenvError

PATIENCE = 5.0
"""Seconds that one check may take."""


class Check(Protocol):
    """A module of `devenv.doctor.checks`."""

    NAME: str
    """What is true when all is well, as a sentence."""

    def check(self, facts: Facts) -> Finding: ...


def examine(
    checks: Iterable[Check], facts: Facts, patience: float = PATIENCE
) -> Iterator[tuple[str, Finding]]:
    """Yield each check's name and what it found, in order."""
    for check in checks:
        yield check.NAME, _in_time(check, facts, patience)


def _in_time(check: Check, facts: Facts, patience: float) -> Finding:
    """In a thread that doesn't hold up the end of the program: what hangs is left behind."""
    found: list[Finding] = []
    thread = threading.Thread(target=lambda: found.append(_look(check, facts)), daemon=True)
    thread.start()
    thread.join(patience)
    if found:
        return found[0]
    return wrong(
        f"no answer within {patience:.0f} s",
        f"Look whether the services are overloaded or hang ({facts.commands.logs('emulator')}), "
        f"then run {facts.commands.devenv('doctor')} again.",
    )


def _look(check: Check, facts: Facts) -> Finding:
    try:
        return check.check(facts)
    except Unknown as reason:
        return skipped(str(reason))
    except Exception as error:  # A doctor must never fall ill itself.
        known = (
            error
            if isinstance(error, DevenvError)
            else explain(error, facts.settings, lambda settings: facts.commands)
        )
        if known is not None:
            again = facts.commands.devenv("doctor")
            return wrong(str(known), f"Put that right, then run {again} again.")
        return wrong(
            f"this check failed itself: {type(error).__name__}: {error}",
            "This is a bug of the check: please report it. The other checks don't depend on it.",
        )
