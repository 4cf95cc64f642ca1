"""The function's image in a container of its own, under AWS's runtime interface emulator."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from devenv.emulator.function_port.backend import Reply, trouble

PATIENCE = 20.0
"""Seconds that a container may take to listen."""
LONGEST = 930.0
"""Seconds until an answer is given up: longer than any function's timeout."""


@dataclass(frozen=True)
class ImageBackend:
    """Asks the container at `url` ("http://lambda:8080/2015…")."""

    url: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def answer(self, event: bytes) -> Reply:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = self.clock() + PATIENCE
        while True:
            try:
                with opener.open(self.url, data=event, timeout=LONGEST) as answer:
                    return Reply(answer.status, answer.read())
            except urllib.error.HTTPError as error:
                return Reply(error.code, error.read())
            except OSError as error:
                refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
                if not refused or self.clock() > deadline:
                    return trouble(
                        502,
                        "ServiceException",
                        f"The function's container at {self.url} does not answer: {error}. See "
                        "`docker compose logs lambda`.",
                    )
            self.sleep(0.2)

    def stop(self) -> None:
        """Nothing: the container is compose's."""
