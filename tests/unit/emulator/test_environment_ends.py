"""How invocations and environments end other than well: timeouts, crashes, and being stopped."""

import threading

import pytest
from environment_scripts import (
    END,
    REPORT,
    START,
    Make,
    crashes_with,
    error,
    hangs_in_handler,
    lines,
    request,
    works,
)
from fake_runtime import Client, Exit

from devenv.emulator.functions.environment import Result


def test_an_invocation_that_takes_too_long_is_cut(make: Make) -> None:
    """In AWS's words, with two decimals."""
    environment, sandboxes = make(hangs_in_handler, timeout=0.25)
    result = environment.invoke(request())
    assert error(result) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id-1 Error: Task timed out after 0.25 seconds",
    }
    assert lines(result) == [
        START,
        "handling",
        "NOW id-1 Task timed out after 0.25 seconds",
        END,
        f"{REPORT}\tInit Duration: N ms\tStatus: timeout",
    ]
    assert sandboxes.started[0].client.killed.is_set()


def test_after_a_timeout_the_next_invocation_has_a_new_runtime(make: Make) -> None:
    """Whose init is part of that invocation's own time."""
    environment, sandboxes = make(hangs_in_handler, works, timeout=0.5)
    assert environment.invoke(request(0)).is_error
    result = environment.invoke(request())
    assert not result.is_error
    assert lines(result) == ["importing", START, 'handling {"ride": 1}', END, REPORT]
    assert len(sandboxes.started) == 2


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("exit status 1", "Runtime exited with error: exit status 1"),
        ("exit status 0", "Runtime exited without providing a reason"),
        ("signal: killed", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_crash_says_how_the_runtime_ended(make: Make, reason: str, words: str) -> None:
    """And is told apart from an error of the handler's."""
    environment, _ = make(crashes_with(reason))
    result = environment.invoke(request())
    assert error(result) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: id-1 Error: {words}",
    }
    assert lines(result) == [
        START,
        "handling",
        f"RequestId: id-1 Error: {words}",
        "Runtime.ExitError",
        END,
        f"{REPORT}\tInit Duration: N ms\tStatus: error\tError Type: Runtime.ExitError",
    ]


def test_after_a_crash_the_next_invocation_has_a_new_runtime(make: Make) -> None:
    """One poison record doesn't end the environment."""
    environment, sandboxes = make(crashes_with("exit status 1"), works)
    assert environment.invoke(request(0)).is_error
    assert not environment.invoke(request()).is_error
    assert len(sandboxes.started) == 2


def test_a_crash_between_invocations_fails_none(make: Make) -> None:
    """What it wrote at its end is not lost."""

    def ends_after_one(client: Client) -> None:
        request_id, _ = client.next()
        client.respond(request_id, None)
        client.written.append("Segmentation fault")
        raise Exit("signal: segmentation fault")

    environment, sandboxes = make(ends_after_one, works)
    first, second = environment.invoke(request(0)), environment.invoke(request())
    assert not first.is_error
    assert not second.is_error
    assert "Segmentation fault" in first.logs + second.logs
    assert len(sandboxes.started) == 2


def test_stop_during_an_invocation_ends_it(make: Make) -> None:
    """`devenv down` need not wait for the function."""
    handling = threading.Event()

    def handles(client: Client) -> None:
        client.next()
        handling.set()
        client.killed.wait()

    environment, sandboxes = make(handles)
    results: list[Result] = []
    invoking = threading.Thread(target=lambda: results.append(environment.invoke(request())))
    invoking.start()
    assert handling.wait(timeout=5)
    environment.stop()
    invoking.join(timeout=5)
    assert error(results[0])["errorType"] == "Runtime.ExitError"
    assert len(sandboxes.started) == 1


def test_a_stopped_environment_starts_nothing(make: Make) -> None:
    """An invocation that was under way to it must not leave a runtime behind."""
    environment, sandboxes = make(works)
    environment.stop()
    environment.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        environment.invoke(request())
    assert len(sandboxes.started) == 1


def out_of_memory(client: Client) -> None:
    client.next()
    raise Exit("signal: killed")


def test_a_runtime_over_its_memory_is_told_as_such(make: Make) -> None:
    """By the error's type; in the log it's an end like any other."""
    environment, sandboxes = make(out_of_memory, works)
    sandboxes.started[0].out_of_memory = True
    result = environment.invoke(request())
    assert error(result) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": "RequestId: id-1 Error: Runtime exited with error: signal: killed",
    }
    assert lines(result)[-4:] == [
        "RequestId: id-1 Error: Runtime exited with error: signal: killed",
        "Runtime.ExitError",
        END,
        f"{REPORT}\tInit Duration: N ms\tStatus: error\tError Type: Runtime.OutOfMemory",
    ]
    assert not environment.invoke(request(2)).is_error


def test_a_runtime_is_frozen_between_invocations(make: Make) -> None:
    """As on Lambda; here it's then that nobody looks at its memory."""
    environment, sandboxes = make(works)
    environment.invoke(request())
    assert sandboxes.started[0].frozen
