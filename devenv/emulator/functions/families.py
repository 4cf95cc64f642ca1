"""A function's processes: the runtime, its descendants, and what got away from it.

A process whose parent has ended is nobody's descendant any more. It's known by its session, or by
its environment, which it has inherited: AWS_LAMBDA_RUNTIME_API is no other function's, as long as
this one's API holds the port. Where the function has an account of its own, it's known by that.
Else one that left the session and cleared its environment, and whose
parent has ended, isn't found.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from devenv.emulator.functions import peers

VARIABLE = "AWS_LAMBDA_RUNTIME_API"
INSTANCE = "DEVENV_INSTANCE"
"""Tells the environment: in a container of another one an API may have the same address."""

ROUNDS = 20
"""How often what was started while the others were killed is looked for."""


@dataclass(frozen=True)
class Family:
    """`root` leads a session of its own, and has `runtime_api` ("host:port") in its environment."""

    root: psutil.Process
    runtime_api: str
    account: int | None = None
    """The number of the account that all members, and no other processes, run under."""

    def descendants(self) -> list[psutil.Process]:
        """The root first, as far as they live."""
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return []

    def members(self) -> list[psutil.Process]:
        """The descendants, and those that lost their parent."""
        found = self.descendants()
        known = {process.pid for process in found}
        others = (process for process in psutil.process_iter() if process.pid not in known)
        return found + [process for process in others if self._is_stray(process)]

    def kill(self) -> None:
        """Kill all members, and what they start meanwhile."""
        for _ in range(ROUNDS):
            living = [process for process in self.members() if _lives(process)]
            if not living:
                return
            for process in living:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)

    def has_connection(self, peer: tuple[str, int]) -> bool:
        """Whether a member holds the other end, `peer`, of a connection to the Runtime API."""
        host, _, port = self.runtime_api.rpartition(":")
        here = (host, int(port))
        return any(peers.holds(process, peer, here) for process in self._nearest_first())

    def _nearest_first(self) -> Iterator[psutil.Process]:
        """The root, which it nearly always is, before the others are looked for."""
        yield self.root
        yield from self.members()

    def _is_stray(self, process: psutil.Process) -> bool:
        try:
            if self.account is not None:
                return bool(process.uids().real == self.account)
            if os.getsid(process.pid) == self.root.pid:
                return True
            environ = process.environ()
            return environ.get(VARIABLE) == self.runtime_api and (
                environ.get(INSTANCE, "") == os.environ.get(INSTANCE, "")
            )
        except (psutil.Error, OSError):
            return False


def _lives(process: psutil.Process) -> bool:
    """A zombie is dead: it only waits for its parent."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
