"""What tests read of the emulator's pages on batches."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from devenv.wait import wait_for

from .mapped import READY, Mapped


def batches(mapped: Mapped, **filters: Any) -> list[dict[str, Any]]:
    """The mapping's, oldest first."""
    filters = {"mapping": mapped.name, **filters}
    with httpx2.Client(trust_env=False) as client:
        answer = client.get(
            f"{mapped.emulator.settings.endpoint_url}/_devenv/batches", params=filters
        )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["batches"]
    return found[::-1]


def await_batch(mapped: Mapped, **filters: Any) -> dict[str, Any]:
    """The only one, once it's done."""

    def probe() -> dict[str, Any] | None:
        found = batches(mapped, **filters)
        assert len(found) <= 1, found
        return found[0] if found and found[0]["state"] == "DONE" else None

    return wait_for(probe, timeout=READY, failure="no batch is done")


def tree(batch: dict[str, Any]) -> list[tuple[int | None, int, str, str]]:
    """Parent, count, result and what followed, of each attempt."""
    return [(a["parent"], a["count"], a["result"], a["then"]) for a in batch["attempts"]]


@contextmanager
def events(endpoint: str) -> Iterator["queue.Queue[dict[str, Any]]"]:
    """What `/_devenv/events` says from now on."""
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    with (
        httpx2.Client(trust_env=False, timeout=READY) as client,
        client.stream("GET", f"{endpoint}/_devenv/events") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith(":")

        def listen() -> None:
            try:
                for line in lines:
                    if line.startswith("data: "):
                        heard.put(json.loads(line.removeprefix("data: ")))
            except httpx2.HTTPError:
                return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield heard
