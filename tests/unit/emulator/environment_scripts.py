"""Runtimes that work, hang and fail, and how a result is compared.

Handlers that hang have limits of some hundredths of a second; all others have many seconds, so
that a busy machine doesn't fail a test.
"""

import json
import re
from collections.abc import Callable

from fake_runtime import Client, Exit, FakeSandboxes, Script

from devenv.emulator.functions.environment import Environment, Request, Result

LONG, SHORT = 10.0, 0.05
Made = tuple[Environment, FakeSandboxes]
Make = Callable[..., Made]


def request(number: int = 1) -> Request:
    return Request(f"id-{number}", b'{"ride": 1}', "arn:function", "Root=1")


def works(client: Client) -> None:
    """A runtime as it should be."""
    client.written.append("importing")
    while True:
        request_id, payload = client.next()
        client.written.append(f"handling {payload.decode()}")
        client.respond(request_id, {"predictions": []})


def hangs_in_init(client: Client) -> None:
    client.killed.wait()


def hangs_in_handler(client: Client) -> None:
    client.next()
    client.written.append("handling")
    client.killed.wait()


def fails_in_init(client: Client) -> None:
    client.written.append("importing")
    client.fail_init("Runtime.ImportModuleError", "No module named 'pandas'")
    raise Exit("exit status 1")


def crashes_with(reason: str) -> Script:
    def crashes(client: Client) -> None:
        client.next()
        client.written.append("handling")
        raise Exit(reason)

    return crashes


def lines(result: Result) -> list[str]:
    """The log with its figures made alike."""
    text = re.sub(
        r"\d+\.\d+ ms", "N ms", re.sub(r"Duration: \d+ ms", "Duration: N ms", result.logs)
    )
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "NOW", text).splitlines()


def error(result: Result) -> dict[str, str]:
    assert result.is_error
    answer: dict[str, str] = json.loads(result.payload)
    return answer


REPORT = (
    "REPORT RequestId: id-1\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 512 MB\t"
    "Max Memory Used: 42 MB"
)
START, END = "START RequestId: id-1 Version: $LATEST", "END RequestId: id-1"
