"""The commands that tell what happened, on an environment that's up: a ride that is predicted, and
one that is given up."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from devenv.wait import wait_for

from .conftest import COMMAND_TIMEOUT, Shell

RIDE = ("--pu", "130", "--do", "205", "--distance", "3.66")


@dataclass(frozen=True)
class Rides:
    """What was put: a good ride, and one that the function rejects."""

    good: str
    bad: str
    bad_number: str


def told(shell: Shell, *arguments: str) -> list[Any]:
    """What a command says with `--json`."""
    done = shell.devenv(*arguments, "--json")
    assert done.code == 0, done.err
    return done.json_lines()


def words(shell: Shell, *arguments: str) -> list[str]:
    """What it says to people; 80 columns, but for a log's lines."""
    done = shell.devenv(*arguments)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    return done.out.splitlines()


@pytest.fixture(scope="module")
def rides(running: Shell) -> Rides:
    good, bad = uuid.uuid4().hex, uuid.uuid4().hex
    assert running.devenv("put", *RIDE, "--ride-id", good).code == 0
    event = json.dumps({"ride": {"PULocationID": 1}, "ride_id": bad})
    (put,) = told(running, "put", "--event", event)
    made = Rides(good, bad, put["sequence_number"])
    wait_for(
        lambda: of(made, told(running, "failures")),
        timeout=COMMAND_TIMEOUT,
        failure="the bad ride isn't given up",
    )
    return made


def of(rides: Rides, failures: list[Any]) -> Any:
    """The bad ride's message."""
    found = [f for f in failures if f["first_sequence_number"] == rides.bad_number]
    return found[0] if found else None


def test_records_by_a_field(running: Shell, rides: Rides) -> None:
    (prediction,) = told(running, "records", "--where", f"prediction.ride_id={rides.good}")
    assert prediction["data"]["prediction"]["ride_duration"] > 0
    assert (prediction["encoding"], prediction["partition_key"]) == ("json", rides.good)
    at = ("--from", "AT_SEQUENCE_NUMBER", "--at", rides.bad_number, "--limit", "1")
    (put,) = told(running, "records", "ride_events", *at)
    assert put["data"]["ride_id"] == rides.bad
    (line,) = words(running, "records", "ride_events", "--where", f"ride_id={rides.bad}")
    assert line.endswith(f"PULocationID=1  ride_id={rides.bad}")


def test_records_follow(running: Shell) -> None:
    """LATEST goes on by itself."""
    ride_id = uuid.uuid4().hex
    where = ("--where", f"ride_id={ride_id}", "--limit", "1", "--json")
    following = running.start("records", "ride_events", "--from", "latest", *where, words="follow")
    following.await_words("Reading ride_events from LATEST")
    running.devenv("put", *RIDE, "--ride-id", ride_id)
    assert following.process.wait(COMMAND_TIMEOUT) == 0
    (line,) = following.json_lines()
    assert line["data"]["ride_id"] == ride_id


def test_batches(running: Shell, rides: Rides) -> None:
    """All, those that failed, and one with its attempts as a tree."""
    (batch,) = told(running, "batches", "--sequence-number", rides.bad_number)
    assert (batch["failed"], batch["discarded"]) == (True, 1)
    assert batch["attempts"][-1]["then"] == "DISCARDED"
    failed = told(running, "batches", "--failed")
    assert batch["id"] in [each["id"] for each in failed]
    assert all(each["failed"] for each in failed)
    lines = words(running, "batches")
    assert any(line.startswith(f"#{batch['id']} ") and "1 given up" in line for line in lines)
    tree = words(running, "batches", str(batch["id"]))
    assert tree[0] == f"Batch {batch['id']}: ride_events → ride-duration-prediction, shard-0"
    assert sum("again after" in line for line in tree) == 2
    assert any("given up, ride-duration-predictio… told" in line for line in tree)
    assert max(map(len, [*lines, *tree])) <= 80
    missing = running.devenv("batches", "999999999")
    assert (missing.code, "There is no batch 999999999" in missing.err) == (6, True)


def test_batches_follow(running: Shell) -> None:
    following = running.start("batches", "--limit", "1", "-f", "--json", words="batches")
    ride_id = uuid.uuid4().hex

    def seen() -> bool:
        running.devenv("put", *RIDE, "--ride-id", ride_id)
        return len(following.json_lines()) > 2

    wait_for(seen, timeout=COMMAND_TIMEOUT, failure="nothing was told")
    following.end_with(2)
    ids = [line["id"] for line in following.json_lines()]
    assert ids == sorted(ids)


def test_invocations(running: Shell, rides: Rides) -> None:
    """The last ones, and one with its log."""
    (batch,) = told(running, "batches", "--sequence-number", rides.bad_number)
    request = batch["attempts"][-1]["request_id"]

    def probe() -> Any:
        found = told(running, "invocations", "--limit", "100")
        return [each for each in found if each["request_id"] == request]

    (invocation,) = wait_for(probe, timeout=COMMAND_TIMEOUT, failure="it isn't in the log")
    assert (invocation["outcome"], invocation["memory_mb"]) == ("OK", 512)
    lines = words(running, "invocations", request)
    assert request[:8] in lines[0]
    assert any(rides.bad_number in line for line in lines)
    missing = running.devenv("invocations", "nothing-of-that-name")
    assert (missing.code, "has no request nothing-of-that-name" in missing.err) == (6, True)


def test_trace(running: Shell, rides: Rides) -> None:
    """To the prediction, and to the failure message."""
    (way,) = told(running, "trace", rides.good)
    assert [step["kind"] for step in way["steps"]] == ["PUT", "ATTEMPT", "PREDICTION"]
    assert way["predictions"][0]["data"]["prediction"]["ride_id"] == rides.good
    assert way["unknown"] == []
    lines = words(running, "trace", rides.bad)
    assert any("given up: RetryAttemptsExhausted after 3 attempts" in line for line in lines)
    assert any("WARNING rejected" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert words(running, "trace", rides.bad_number) == lines
    unknown = running.devenv("trace", "no-such-ride")
    assert unknown.code == 6
    assert "ride_events at" in unknown.err
    assert "has no record whose ride_id is no-such-ride" in unknown.err


def test_failures_and_redrive(running: Shell, rides: Rides) -> None:
    """With the data; a dry run sends nothing; what fails again is a new message."""
    failure = of(rides, told(running, "failures"))
    assert (failure["data"], failure["records"][0]["data"]["ride_id"]) == ("WHOLE", rides.bad)
    shown = words(running, "failures")
    assert any(line.startswith(failure["id"][:8]) for line in shown)
    assert max(map(len, shown)) <= 80
    (dry,) = told(running, "redrive", failure["id"][:13], "--dry-run")
    assert (dry["done"], dry["dry_run"], dry["records"]) == (True, True, 1)
    assert of(rides, told(running, "failures")) is not None
    refused = running.devenv("redrive", failure["id"], "--to", "function")
    assert refused.code == 1
    assert "answered that it failed" in refused.out
    (line,) = words(running, "redrive", failure["id"])
    assert line == f"{failure['id'][:8]}  1 record sent to ride_events"
    (again,) = wait_for(
        lambda: [f for f in told(running, "failures") if rides.bad in json.dumps(f)],
        timeout=COMMAND_TIMEOUT,
        failure="it isn't given up again",
    )
    assert again["id"] != failure["id"]
    assert len(told(running, "trace", rides.bad)) == 2
    (deleted,) = told(running, "failures", "--delete", again["id"])
    assert deleted == {"id": again["id"], "deleted": True}
    assert again["id"] not in [each["id"] for each in told(running, "failures")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("redrive",), "Say which: IDs"),
        (("redrive", "x", "--all"), "Say which: IDs"),
        (("redrive", "no-such-message"), "No message of "),
        (("records", "--from", "HERE"), "expected one of TRIM_HORIZON"),
        (("records", "--where", "ride_id"), "is no condition"),
        (("records", "no-such-stream"), "no-such-stream"),
        (("failures", "--queue", "no-such-queue"), "There is no queue no-such-queue"),
        (("batches", "--since", "soon"), "soon is no moment"),
        (("batches", "--sequence-number", "abc"), "expected digits alone"),
    ],
)
def test_what_can_not_be_meant_is_told(
    running: Shell, arguments: tuple[str, ...], words: str
) -> None:
    done = running.devenv(*arguments)
    assert done.code in (2, 6)
    assert words in done.err
    assert "bug" not in done.err
