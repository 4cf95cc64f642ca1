"""A runtime that a test writes as a function, in the sandbox's place and over the real HTTP.

A script gets a `Client` and does what a runtime interface client does. When it returns, the
"process" has ended with status 0; `Exit` ends it otherwise; `client.killed.wait()` is a handler
that hangs.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

PREFIX = "/2018-06-01/runtime"


class Exit(Exception):
    """Ends the runtime's process for the given reason, as Lambda words it."""


class Client:
    """The Runtime API from the runtime's side, on one connection."""

    def __init__(self, address: str) -> None:
        self.killed = threading.Event()
        self.written: list[str] = []
        self.headers: dict[str, str] = {}
        self._connection = http.client.HTTPConnection(address, timeout=10)

    def request(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> tuple[int, bytes]:
        """Status and body; the headers are kept in `headers`."""
        self._connection.request(method, f"{PREFIX}{path}", body, **options)
        response = self._connection.getresponse()
        self.headers = dict(response.getheaders())
        return response.status, response.read()

    def next(self) -> tuple[str, bytes]:
        """Wait for an event; its request id and payload."""
        status, payload = self.request("GET", "/invocation/next")
        assert status == 200
        return self.headers["Lambda-Runtime-Aws-Request-Id"], payload

    def respond(self, request_id: str, answer: object) -> int:
        body = json.dumps(answer)
        return self.request("POST", f"/invocation/{request_id}/response", body)[0]

    def fail(self, request_id: str, error_type: str, message: str) -> int:
        body = json.dumps({"errorType": error_type, "errorMessage": message})
        headers = {"Lambda-Runtime-Function-Error-Type": error_type}
        return self.request("POST", f"/invocation/{request_id}/error", body, headers=headers)[0]

    def fail_init(self, error_type: str, message: str) -> int:
        body = json.dumps({"errorType": error_type, "errorMessage": message})
        headers = {"Lambda-Runtime-Function-Error-Type": error_type}
        return self.request("POST", "/init/error", body, headers=headers)[0]

    def close(self) -> None:
        self._connection.close()


Script = Callable[[Client], None]


class FakeSandbox:
    """A thread that runs a script; killed, it reports as a killed process does."""

    def __init__(self, script: Script, address: str, on_exit: Callable[[str], None]) -> None:
        self.client = Client(address)
        self.boosts_ended = 0
        self.frozen = self.out_of_memory = False
        self._script = script
        self._on_exit = on_exit
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def end_boost(self) -> None:
        self.boosts_ended += 1

    def thaw(self) -> None:
        self.frozen = False

    def freeze(self) -> None:
        self.frozen = True

    def ran_out_of_memory(self) -> bool:
        return self.out_of_memory

    def kill(self) -> None:
        self.client.killed.set()

    def owns(self, peer: tuple[str, int]) -> bool:
        return True

    def read_logs(self) -> str:
        written, self.client.written[:] = list(self.client.written), []
        return "".join(f"{line}\n" for line in written)

    def as_on_lambda(self, text: str) -> str:
        return text.replace("/here/", "/var/task/")

    def max_memory(self) -> int:
        return 42

    def _run(self) -> None:
        reason = "exit status 0"
        try:
            self._script(self.client)
        except Exit as error:
            reason = str(error)
        except (http.client.HTTPException, OSError):
            reason = "exit status 1"  # The Runtime API went away.
        finally:
            self.client.close()
        self._on_exit("signal: killed" if self.client.killed.is_set() else reason)


class FakeSandboxes:
    """Starts the next of `scripts` at each call; the last one again and again."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.started: list[FakeSandbox] = []

    def __call__(self, runtime_api: str, on_exit: Callable[[str], None]) -> FakeSandbox:
        script = self._scripts[min(len(self.started), len(self._scripts) - 1)]
        self.started.append(FakeSandbox(script, runtime_api, on_exit))
        return self.started[-1]

    def join(self) -> Iterator[bool]:
        """Whether each runtime that was ever started has ended."""
        for sandbox in self.started:
            sandbox.thread.join(timeout=5)
            yield not sandbox.thread.is_alive()
