"""The memory of functions' containers: the most that was used, and who was ended for too much."""

import contextlib
import functools
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

CGROUPS = Path("/host/cgroup")
"""Where compose.yaml mounts the machine's control groups, to be read."""

PATTERNS = ("docker/{id}", "system.slice/docker-{id}.scope")
"""The folder of a container in cgroup v2, by Docker's two cgroup drivers."""

OOM_DELAY = 1.0
"""Seconds that the engine may take to tell why a container was killed."""


def used_bytes(memory: Mapping[str, Any]) -> int | None:
    """Of the engine's memory_stats: the peak since the container's start where it knows it
    (cgroup v1), else what is used now; without the pages of files that can be dropped. None of
    a container that has ended."""
    if "usage" not in memory:
        return None
    pages = memory["stats"]
    reclaimable = int(pages.get("inactive_file", pages.get("total_inactive_file", 0)))
    return max(int(memory["usage"]), int(memory.get("max_usage", 0))) - reclaimable


def peak_bytes(container_id: str, root: Path = CGROUPS) -> int | None:
    """The peak since the container's start as cgroup v2 has it, without the pages of files that can
    be dropped. None where it can't be read: another cgroup version, no mount, Linux before 5.19."""
    for pattern in PATTERNS:
        folder = root / pattern.format(id=container_id)
        with contextlib.suppress(OSError, ValueError, StopIteration):
            peak = int((folder / "memory.peak").read_text())
            lines = (folder / "memory.stat").read_text().splitlines()
            reclaimable = next(line for line in lines if line.startswith("inactive_file "))
            return peak - int(reclaimable.split()[1])
    return None


class OutOfMemoryEvents:
    """Which containers the kernel has killed a process of, for their memory: from the engine's
    events, since it forgets the containers themselves when they end."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._arrived = threading.Condition()

    def listen(self, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            with self._arrived:
                self._told.add(str(event["Actor"]["ID"]))
                self._arrived.notify_all()

    def was_killed(self, container_id: str, delay: float = OOM_DELAY) -> bool:
        """Whether it was, waiting at most `delay` seconds for the engine to say so."""
        with self._arrived:
            return self._arrived.wait_for(lambda: container_id in self._told, timeout=delay)

    def forget(self, container_id: str) -> None:
        with self._arrived:
            self._told.discard(container_id)


@functools.cache
def out_of_memory_events(client: docker.DockerClient, label: str) -> OutOfMemoryEvents:
    """Of the containers with `label`, from now on. Raises `DockerException`."""
    told = OutOfMemoryEvents()

    def listen() -> None:
        with contextlib.suppress(DockerException, OSError, ValueError):
            told.listen(events)
        out_of_memory_events.cache_clear()  # The engine ended: the next container asks anew.

    events = client.events(decode=True, filters={"event": "oom", "label": label})
    threading.Thread(target=listen, daemon=True, name="functions-oom").start()
    return told
