"""What a person gets wrong: one line with place and cure, an exit code by kind, no traceback."""

import json
from pathlib import Path

import pytest

from devenv.testing.ports import free_port

from .conftest import Done, Shell

BAD_INPUT, UNREACHABLE, REFUSED, NOT_FOUND = 2, 4, 5, 6
RIDE = json.dumps({"ride": {}, "ride_id": 1})


def failed(done: Done, code: int, *words: str) -> None:
    """It ended with `code` and said all of `words` in its one last line."""
    assert done.code == code, done.err
    assert "Traceback" not in done.err + done.out
    last = done.err.rstrip("\n").splitlines()[-1]
    assert [word for word in words if word not in last] == []


def one_line(done: Done, code: int, *words: str) -> None:
    failed(done, code, *words)
    assert len(done.err.splitlines()) == 1
    assert done.out == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not JSON\n", "line 1 is not JSON"),
        (RIDE + "\n{\n", "line 2 is not JSON"),
        (RIDE + "\n[1]\n", "line 2: not an event"),
        ('"text"', "not an event"),
    ],
)
def test_a_file_that_holds_no_rides(shell: Shell, tmp_path: Path, content: str, words: str) -> None:
    """File and line are named."""
    file = tmp_path / "rides.jsonl"
    file.write_text(content)
    one_line(shell.devenv("put", "--file", str(file)), BAD_INPUT, str(file), words)


def test_an_event_that_is_not_json(shell: Shell) -> None:
    """It isn't sent."""
    one_line(shell.devenv("invoke", "-", input="{"), BAD_INPUT, "is not JSON")


@pytest.mark.parametrize(
    "command", [("put", "--file"), ("invoke",), ("bootstrap", "--trips"), ("up", "-d", "--trips")]
)
def test_a_missing_file(shell: Shell, command: tuple[str, ...]) -> None:
    """Named, whichever command was to read it; and nothing was started for it."""
    done = shell.devenv(*command, "/no/such/file.parquet")
    assert done.code in {BAD_INPUT, NOT_FOUND}
    failed(done, done.code, "/no/such/file.parquet")
    assert shell.processes() == []


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (("status", "--jsn"), "--jsn"),
        (("start",), "start"),
        (("put", "--pu", "x"), "x"),
        (("put", "--pu", "1"), "--distance"),
        (("tail", "--limit", "0"), "--limit"),
        (("logs", "kinesis"), "kinesis"),
    ],
)
def test_wrong_flags(shell: Shell, command: tuple[str, ...], word: str) -> None:
    """click's words, and its exit code."""
    failed(shell.devenv(*command), BAD_INPUT, word)


@pytest.mark.parametrize(
    "command",
    [
        ("put", "--pu", "1", "--do", "2", "--distance", "3"),
        ("tail", "--limit", "1"),
        ("invoke", "tests/events/console-ride-123-003.json"),
        ("logs", "function"),
        ("bootstrap",),
    ],
    ids=lambda command: command[0],
)
def test_nothing_answers(shell: Shell, command: tuple[str, ...]) -> None:
    """The endpoint is named, and what starts it."""
    endpoint = shell.variables["AWS_ENDPOINT_URL"]
    failed(shell.devenv(*command), UNREACHABLE, endpoint, "devenv up -d")


def test_the_wrong_region(running: Shell) -> None:
    """The streams are in another region: that's the first thing to check."""
    flags = ("--pu", "1", "--do", "2", "--distance", "3")
    done = running.devenv("put", *flags, AWS_DEFAULT_REGION="eu-west-1")
    one_line(done, NOT_FOUND, "ride_events", "AWS_DEFAULT_REGION=eu-west-1")
    event = "tests/events/console-ride-123-003.json"
    done = running.devenv("invoke", event, AWS_DEFAULT_REGION="eu-west-1")
    one_line(done, NOT_FOUND, "ride-duration-prediction", "AWS_DEFAULT_REGION=eu-west-1")
    status = running.devenv("status", "--json", AWS_DEFAULT_REGION="eu-west-1")
    assert (status.code, status.json_lines()[0]["ready"]) == (1, False)


def test_no_region(running: Shell) -> None:
    """Named with the variable that sets it."""
    done = running.devenv("tail", "--limit", "1", AWS_DEFAULT_REGION="")
    one_line(done, BAD_INPUT, "AWS_DEFAULT_REGION")


def test_no_credentials(running: Shell) -> None:
    """Named with the variables that hold them."""
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    for command in (("tail", "--limit", "1"), ("status",), ("up", "-d")):
        failed(running.devenv(*command, **nothing), REFUSED, "AWS_ACCESS_KEY_ID", "any value")


def test_an_endpoint_that_is_no_url(shell: Shell) -> None:
    """The setting is named."""
    done = shell.devenv("status", AWS_ENDPOINT_URL="localhost")
    one_line(done, BAD_INPUT, "AWS_ENDPOINT_URL=localhost", "http://127.0.0.1:4566")


def test_an_endpoint_elsewhere_cannot_be_started(shell: Shell) -> None:
    """`up` listens on this machine only."""
    done = shell.devenv("up", "-d", AWS_ENDPOINT_URL="http://emulator.invalid:4566")
    failed(done, BAD_INPUT, "is not on this machine")
    assert shell.processes() == []


def test_other_ports_than_it_runs_on(running: Shell) -> None:
    """It isn't started twice."""
    other = f"http://127.0.0.1:{free_port()}"
    failed(running.devenv("up", "-d", AWS_ENDPOINT_URL=other), BAD_INPUT, other, "devenv down")


def test_logs_of_what_never_ran(shell: Shell) -> None:
    """The file is named."""
    one_line(shell.devenv("logs", "emulator"), NOT_FOUND, "emulator has not run here")
