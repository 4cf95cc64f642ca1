"""`devenv doctor` as a person runs it: before anything runs, and when all is well."""

from devenv.wait import wait_for

from .conftest import COMMAND_TIMEOUT, Done, Shell

SAID = 23
"""Checks, one line each."""
SLOW = "The function has the time and memory that it needs"
"""Depends on what else this machine does; unit tests show when it's said."""


def test_with_nothing_running_it_says_what_to_start(shell: Shell) -> None:
    """One failure and its cure; what depends on it is skipped."""
    done = shell.devenv("doctor")
    assert done.code == 1, done.out + done.err
    assert done.err == f"1 of {SAID} is wrong.\n"
    assert done.out.count("✗") == 1
    assert f"{shell.variables['AWS_ENDPOINT_URL']} does not answer" in done.out
    assert "devenv up -d" in done.out
    assert done.out.count(": the endpoint does not answer\n") >= 10
    assert shell.processes() == []


def wrong(done: Done) -> set[str]:
    return {line["name"] for line in done.json_lines() if line["ok"] is False}


def test_a_running_environment_is_well(running: Shell) -> None:
    """After a ride that went through, whatever was invoked before."""
    flags = ("--pu", "130", "--do", "205", "--distance", "3.66")
    assert running.devenv("put", *flags).code == 0

    def examined() -> Done | None:
        done = running.devenv("doctor", "--json")
        return None if wrong(done) - {SLOW} else done

    done = wait_for(examined, timeout=COMMAND_TIMEOUT, interval=1, failure="something is wrong")
    assert len(done.json_lines()) == SAID
    assert done.code == (1 if wrong(done) else 0)
