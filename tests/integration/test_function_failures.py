"""How functions fail: the caller gets AWS's words, the log the reason, the next call works."""

import re

import pytest

from devenv.testing.engine import Engine
from devenv.wait import wait_for

from .zip_functions import Functions

FAILS_ON_DEMAND = """
import os, signal, time
calls = 0
def handler(event, context):
    global calls
    calls += 1
    print("call", calls)
    if event == "loop":
        while True:
            time.sleep(0.01)
    if event == "exit":
        os._exit(3)
    if event == "leave":
        raise SystemExit(0)
    if event == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if event == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    return calls
"""

REPORT = re.compile(
    r"REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
    r"\tMax Memory Used: \d+ MB(?P<init>\tInit Duration: [\d.]+ ms)?(?P<rest>.*)"
)


def report(tail: str) -> re.Match[str]:
    found = REPORT.fullmatch(tail.strip().splitlines()[-1])
    assert found is not None, tail
    return found


def test_a_timeout_ends_the_process_and_the_next_call_finds_a_new_one(
    functions: Functions,
) -> None:
    """Caller and log are told in AWS's words; globals are gone."""
    name = functions.create(FAILS_ON_DEMAND, Timeout=1)
    assert functions.invoke(name).payload == 1
    late = functions.invoke(name, "loop")
    assert late.error == "Unhandled"
    assert late.payload["errorType"] == "Sandbox.Timedout"
    assert late.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert report(late.tail)["rest"] == "\tStatus: timeout"
    assert "call 2" in late.tail
    assert functions.invoke(name).payload == 1
    line = r"\d{4}-\d\d-\d\dT[\d:.]{12}Z \S{36} Task timed out after 1.00 seconds"
    wait_for(  # Logs come a moment after the answers.
        lambda: any(re.fullmatch(line, logged) for logged in functions.log(name)),
        timeout=10,
        failure="the timeout is not in the log",
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("exit", "Runtime exited with error: exit status 3"),
        ("leave", "Runtime exited without providing a reason"),
        ("kill", "Runtime exited with error: signal: killed"),
        ("segfault", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_runtime_that_ends_is_told_and_replaced(
    functions: Functions, event: str, words: str
) -> None:
    """The error names how the process ended; the next call finds a new one."""
    name = functions.create(FAILS_ON_DEMAND)
    gone = functions.invoke(name, event)
    assert gone.error == "Unhandled"
    assert gone.payload["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(rf"RequestId: \S{{36}} Error: {words}", gone.payload["errorMessage"])
    assert report(gone.tail)["rest"] == "\tStatus: error\tError Type: Runtime.ExitError"
    assert "call 1" in gone.tail
    after = functions.invoke(name)
    assert (after.error, after.payload) == (None, 1)


def test_a_function_over_its_memory_is_ended(
    functions: Functions, devenv_function_engine: Engine
) -> None:
    """With the error's type in REPORT, and the whole memory size used; the next call works."""
    if devenv_function_engine is Engine.DOCKER:
        pytest.skip("zip functions of the emulator's container: see tests/containers for images")
    name = functions.create(
        "import time\n"
        "def handler(event, context):\n"
        "    kept = bytearray(b'x' * (event * 2**20))\n"
        "    time.sleep(1)\n"
        "    return len(kept)\n",
        MemorySize=128,
    )
    over = functions.invoke(name, 300)
    assert over.payload["errorType"] == "Runtime.OutOfMemory"
    assert over.payload["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert report(over.tail)["rest"] == "\tStatus: error\tError Type: Runtime.OutOfMemory"
    assert "Max Memory Used: 128 MB" in over.tail
    assert functions.invoke(name, 10).payload == 10 * 2**20


def test_an_exception_is_passed_on_with_its_stack(functions: Functions) -> None:
    """Type, message and stack trace; the environment lives on."""
    name = functions.create(
        "calls = 0\n"
        "def handler(event, context):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    raise KeyError(f'call {calls}')\n"
    )
    first, second = functions.invoke(name), functions.invoke(name)
    assert first.error == "Unhandled"
    assert first.payload["errorType"] == "KeyError"
    assert first.payload["errorMessage"] == "'call 1'"
    assert first.payload["stackTrace"] == [
        "  File \"/var/task/app.py\", line 5, in handler\n    raise KeyError(f'call {calls}')\n"
    ]
    assert "[ERROR] KeyError: 'call 1'\nTraceback (most recent call last):\n" in first.tail
    assert 'File "/var/task/app.py", line 5, in handler\n' in first.tail
    [logged] = [
        line for line in functions.log(name) if line.startswith("[ERROR] KeyError: 'call 1")
    ]
    assert logged.splitlines()[1] == "Traceback (most recent call last):"
    assert second.payload["errorMessage"] == "'call 2'"


@pytest.mark.parametrize(
    ("source", "handler", "kind", "words"),
    [
        ("import sklearn", "app.handler", "Runtime.ImportModuleError", "No module named 'sklearn'"),
        ("", "app.missing", "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'"),
        ("", "nowhere.handler", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError", "invalid syntax"),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_function_that_cannot_be_loaded_says_why(
    functions: Functions, source: str, handler: str, kind: str, words: str
) -> None:
    """Init is tried twice, as on AWS, and each attempt is in the log."""
    name = functions.create(source, Handler=handler)
    failed = functions.invoke(name)
    assert (failed.error, failed.payload["errorType"]) == ("Unhandled", kind)
    assert words in failed.payload["errorMessage"]
    assert report(failed.tail)["rest"] == f"\tStatus: error\tError Type: {kind}"
    reports = [line for line in functions.log(name) if line.startswith("INIT_REPORT")]
    phases = [re.sub(r"[\d.]+ ms", "N ms", line) for line in reports]
    assert phases == [
        f"INIT_REPORT Init Duration: N ms\tPhase: {phase}\tStatus: error\tError Type: {kind}"
        for phase in ("init", "invoke")
    ]


def test_an_init_that_takes_too_long_counts_against_the_timeout(functions: Functions) -> None:
    """Once within init's own 10 s, then again within the function's timeout."""
    name = functions.create(
        "import time\nwhile True: time.sleep(0.01)\ndef handler(e, c): pass", Timeout=1
    )
    slow = functions.invoke(name)
    assert slow.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert [line.split("\t")[1:3] for line in slow.tail.splitlines() if "INIT_REPORT" in line] == [
        ["Phase: init", "Status: timeout"],
        ["Phase: invoke", "Status: timeout"],
    ]


def test_a_response_over_6_mb_is_refused_and_the_environment_lives_on(
    functions: Functions,
) -> None:
    """As Lambda words it, with its limit in bytes."""
    name = functions.create(
        "calls = 0\n"
        "def handler(event, context):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    return 'x' * event + str(calls)\n"
    )
    big = functions.invoke(name, 6 * 1024 * 1024 + 200)
    assert big.error == "Unhandled"
    assert big.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert "exceeded maximum allowed payload size (6291556 bytes)" in big.payload["errorMessage"]
    fits = functions.invoke(name, 6 * 1024 * 1024 - 100)
    assert (fits.error, len(fits.payload)) == (None, 6 * 1024 * 1024 - 99)


def test_a_result_that_is_not_json_is_an_error(functions: Functions) -> None:
    """The runtime can't put it into words, and says so."""
    failed = functions.run("def handler(event, context): return {1, 2}")
    assert failed.payload["errorType"] == "Runtime.MarshalError"
    assert "Unable to marshal response" in failed.payload["errorMessage"]
