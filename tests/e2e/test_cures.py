"""The doctor's cures for services that have died, followed on an environment of the test's own."""

import re

import psutil
import pytest

from .conftest import Shell


def wrong(shell: Shell) -> dict[str, str]:
    """The cure of each check that something is wrong for, by the first words of the check."""
    told = shell.devenv("doctor", "--json").json_lines()
    return {line["name"]: line["cure"] for line in told if line["ok"] is False}


def kill(shell: Shell, service: str) -> None:
    (status,) = shell.devenv("status", "--json").json_lines()
    pid = next(s["pid"] for s in status["services"] if s["name"] == service)
    process = psutil.Process(pid)
    process.kill()
    process.wait(10)


def commands(cure: str) -> list[str]:
    """What stands in a cure's first sentence, to be run one after the other."""
    return re.findall(r"`devenv ([^`]+)`", cure.partition(". ")[0])


def follow(shell: Shell, cure: str) -> None:
    for command in commands(cure):
        done = shell.devenv(*command.split())
        assert done.code == 0, (command, done.err)


ENDPOINT = "The endpoint answers"
LEFTOVERS = "Nothing is left of an old run"
FILES = "The files that streams, S3 and the registry are kept in are whole"
REGISTRY = "The function has MLflow's champion, or the run's model that was asked for"


@pytest.mark.cures("endpoint: 127.0.0.1:4566 does not answer (refused)")
@pytest.mark.cures("leftovers: emulator has ended without")
@pytest.mark.cures("registry: MLflow at http://127.0.0.1:5000 does not answer")
@pytest.mark.cures("state: kinesis.db was found damaged while")
def test_services_that_died_are_started_again(shell: Shell) -> None:
    """Never run, killed one by one, and with a file that was found damaged."""
    follow(shell, wrong(shell)[ENDPOINT])
    kill(shell, "mlflow")
    found = wrong(shell)
    assert {LEFTOVERS, REGISTRY} <= found.keys()
    follow(shell, found[REGISTRY])
    assert not {LEFTOVERS, REGISTRY} & wrong(shell).keys()
    kill(shell, "emulator")
    suspect = shell.home / "emulator" / "kinesis" / "kinesis.db.suspect"
    suspect.touch()
    found = wrong(shell)
    assert {ENDPOINT, LEFTOVERS, FILES} == found.keys()
    assert commands(found[LEFTOVERS]) == commands(found[FILES]) == ["down", "up -d"]
    follow(shell, found[LEFTOVERS])
    assert not {ENDPOINT, LEFTOVERS, FILES, REGISTRY} & wrong(shell).keys()
