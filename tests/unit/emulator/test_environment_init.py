"""An execution environment's init: waited for, reported, and run again where it failed."""

import pytest
from environment_scripts import (
    END,
    LONG,
    REPORT,
    SHORT,
    START,
    Make,
    error,
    fails_in_init,
    hangs_in_init,
    lines,
    request,
    works,
)
from fake_runtime import Client, Exit, FakeSandboxes

from devenv.emulator.functions.environment import Environment, FunctionLimits


def test_the_first_invocation_waits_for_init_and_reports_it(make: Make) -> None:
    """What init wrote stands before START, what the handler wrote after it."""
    environment, _ = make(works)
    result = environment.invoke(request())
    assert (result.payload, result.is_error) == (b'{"predictions": []}', False)
    assert lines(result) == [
        "importing",
        START,
        'handling {"ride": 1}',
        END,
        f"{REPORT}\tInit Duration: N ms",
    ]


def test_init_that_fails_is_run_again_inside_the_invocation(make: Make) -> None:
    """If it works then, nobody but the log knows."""
    environment, sandboxes = make(fails_in_init, works)
    result = environment.invoke(request())
    assert not result.is_error
    assert lines(result) == [
        "importing",
        "INIT_REPORT Init Duration: N ms\tPhase: init\tStatus: error\t"
        "Error Type: Runtime.ImportModuleError",
        "importing",
        START,
        'handling {"ride": 1}',
        END,
        REPORT,
    ]
    assert len(sandboxes.started) == 2


def test_init_that_fails_twice_fails_the_invocation(make: Make) -> None:
    """With init's error; the next invocation tries once more, and once only."""
    environment, sandboxes = make(fails_in_init)
    result = environment.invoke(request())
    assert error(result) == {
        "errorType": "Runtime.ImportModuleError",
        "errorMessage": "No module named 'pandas'",
    }
    assert [line.partition("Phase: ")[2] for line in lines(result) if "INIT_REPORT" in line] == [
        "init\tStatus: error\tError Type: Runtime.ImportModuleError",
        "invoke\tStatus: error\tError Type: Runtime.ImportModuleError",
    ]
    assert lines(result)[-3:] == [
        START,
        END,
        f"{REPORT}\tStatus: error\tError Type: Runtime.ImportModuleError",
    ]
    assert len(sandboxes.started) == 2
    assert environment.invoke(request(2)).is_error
    assert len(sandboxes.started) == 3


def test_a_runtime_that_ends_in_init_is_an_exit_error(make: Make) -> None:
    """It had no chance to say why."""

    def ends(client: Client) -> None:
        raise Exit("exit status 3")

    environment, _ = make(ends)
    assert error(environment.invoke(request())) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: id-1 Error: Runtime exited with error: exit status 3",
    }


def test_init_that_takes_too_long_is_run_again_inside_the_invocation(make: Make) -> None:
    """Lambda cuts it after 10 s; the second time it has the function's own timeout."""
    environment, sandboxes = make(hangs_in_init, works, init_limit=SHORT)
    result = environment.invoke(request())
    assert not result.is_error
    assert lines(result) == [
        "INIT_REPORT Init Duration: N ms\tPhase: init\tStatus: timeout",
        "importing",
        START,
        'handling {"ride": 1}',
        END,
        REPORT,
    ]
    assert len(sandboxes.started) == 2


def test_init_that_takes_too_long_twice_is_a_timeout(make: Make) -> None:
    """Of the invocation, whose time it used up."""
    environment, _ = make(hangs_in_init, timeout=SHORT, init_limit=SHORT)
    result = environment.invoke(request())
    assert error(result)["errorType"] == "Sandbox.Timedout"
    assert "INIT_REPORT Init Duration: N ms\tPhase: invoke\tStatus: timeout" in lines(result)


def test_a_runtime_that_can_not_be_started_is_raised() -> None:
    """And its Runtime API is closed again."""

    def fails(runtime_api: str, on_exit: object) -> FakeSandboxes:
        raise PermissionError("bootstrap")

    environment = Environment(fails, FunctionLimits(LONG, 512))  # type: ignore[arg-type]
    with pytest.raises(PermissionError):
        environment.start()
    environment.stop()


def test_a_provisioned_init_is_waited_for_before_any_invocation(make: Make) -> None:
    """The first invocation tells of it all the same, and finds the runtime idle."""
    environment, sandboxes = make(works)
    assert environment.await_init() is None
    assert sandboxes.started[0].boosts_ended == 1
    result = environment.invoke(request())
    assert lines(result)[0] == "importing"
    assert lines(result)[-1] == f"{REPORT}\tInit Duration: N ms"
    assert lines(environment.invoke(request()))[0] == START


def test_a_provisioned_init_that_fails_is_told(make: Make) -> None:
    """With what it wrote; whoever provisions gives up then."""
    environment, _ = make(fails_in_init)
    written = environment.await_init()
    assert written is not None
    assert written.startswith("importing\nINIT_REPORT Init Duration: ")
    assert "Error Type: Runtime.ImportModuleError" in written
