"""Each command as a person uses it, on an environment that's up."""

import json
import re
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import ExitCode
from devenv.output import counted
from devenv.wait import wait_for

from .conftest import COMMAND_TIMEOUT, EVENTS, Shell

BAD_EVENTS = {"kinesis-hello-001.json", "kinesis-hi-003.json"}


def ride(ride_id: str) -> dict[str, Any]:
    zones = {"PULocationID": 130, "DOLocationID": 205}
    return {"ride": {**zones, "trip_distance": 3.66}, "ride_id": ride_id}


def new_id() -> str:
    return uuid.uuid4().hex


def put(shell: Shell, *arguments: str, ids: list[str], input: str | None = None) -> None:
    """`devenv put`, while `devenv tail` runs and ends when each of `ids` is predicted."""
    tail = shell.start("tail", "--limit", str(len(ids)), "--json")
    tail.await_words("Reading ride_predictions from latest")
    done = shell.devenv("put", *arguments, "--json", input=input)
    assert done.code == 0, done.err
    assert len(done.json_lines()) == len(ids)
    assert f"{counted(len(ids), 'record')} on ride_events in" in done.err
    assert tail.process.wait(COMMAND_TIMEOUT) == 0
    assert [line["data"]["prediction"]["ride_id"] for line in tail.json_lines()] == ids


def test_up_again_is_harmless(running: Shell) -> None:
    """It finds everything, starts nothing, and ends as the first did."""
    before = services(running)
    again = running.devenv("up", "-d")
    assert again.code == 0, again.err
    assert "Starting" not in again.err
    assert "made" not in again.err
    assert "Next: devenv put" in again.err
    assert services(running) == before


def services(running: Shell) -> dict[str, int]:
    """The process of each server, by its name. Functions' processes come and go by themselves."""
    (status,) = running.devenv("status", "--json").json_lines()
    return {service["name"]: service["pid"] for service in status["services"]}


def test_bootstrap_again_changes_nothing(running: Shell) -> None:
    """Every step says that it's there, and then what to do next; the model comes as data."""
    again = running.devenv("bootstrap", "--json")
    assert again.code == 0, again.err
    done, _, following = again.err.partition("Next: ")
    assert following.startswith("devenv put")
    steps = [line for line in done.splitlines() if not line.startswith("model")]
    assert [line.rpartition(": ")[2] for line in steps] == ["there"] * 8
    (model,) = again.json_lines()
    assert (model["name"], model["version"], model["trained"]) == ("ride-duration", "1", False)


def test_what_is_kept_on_disk_is_its_owners_alone(running: Shell) -> None:
    """Events, models, logs and databases, whoever wrote them."""
    assert running.home.stat().st_mode & 0o777 == 0o700
    code = running.home / "emulator" / "tmp" / "lambda" / "images"  # Copies, as in the checkout.
    found = [path for path in running.home.rglob("*") if not path.is_symlink()]
    files = [path for path in found if code not in path.parents]
    assert {path.name for path in files} >= {"kinesis.db", "mlflow.db", "records.sqlite"}
    assert [path for path in files if path.exists() and path.stat().st_mode & 0o077] == []


def test_status_shows_all_parts(running: Shell) -> None:
    """Services, streams, function, mapping and model, for scripts and for people."""
    status = running.devenv("status", "--json")
    assert status.code == 0, status.err
    (state,) = status.json_lines()
    assert state["ready"] is True
    assert state["endpoint"] == running.variables["AWS_ENDPOINT_URL"]
    services = {service["name"]: service for service in state["services"]}
    assert set(services) == {"emulator", "mlflow"}
    assert all(service["running"] and service["memory_mb"] > 0 for service in services.values())
    streams = [(s["name"], s["status"], s["open_shards"]) for s in state["streams"]]
    assert streams == [("ride_events", "ACTIVE", 1), ("ride_predictions", "ACTIVE", 1)]
    assert (state["function"]["state"], state["mapping"]["state"]) == ("Active", "Enabled")
    assert (state["model"]["version"], state["model"]["alias"]) == ("1", "champion")
    words = running.devenv("status").out
    for part in ("emulator", "mlflow", "stream", "function", "mapping", "model"):
        assert f"\n{part}  " in words
    assert max(map(len, words.splitlines())) <= 80


def test_put_from_flags(running: Shell) -> None:
    """One ride; its prediction comes."""
    ride_id = new_id()
    flags = ("--pu", "130", "--do", "205", "--distance", "3.66", "--ride-id", ride_id)
    put(running, *flags, ids=[ride_id])


def test_put_from_json_lines(running: Shell, tmp_path: Path) -> None:
    """Many rides from a file, one a line, in order."""
    ids = [new_id() for _ in range(25)]
    file = tmp_path / "rides.jsonl"
    file.write_text("".join(f"{json.dumps(ride(ride_id))}\n" for ride_id in ids))
    put(running, "--file", str(file), ids=ids)


def test_put_from_a_json_event(running: Shell, tmp_path: Path) -> None:
    """One ride from a file over several lines, as the tutorials print it."""
    ride_id = new_id()
    file = tmp_path / "ride.json"
    file.write_text(json.dumps(ride(ride_id), indent=2))
    put(running, "--file", str(file), ids=[ride_id])


def test_put_from_stdin(running: Shell) -> None:
    """`-` reads what is piped in."""
    ride_id = new_id()
    put(running, "--file", "-", ids=[ride_id], input=json.dumps(ride(ride_id)))


def test_put_sends_lines_of_a_pipe_as_they_come(running: Shell) -> None:
    """Each is predicted before the next is written."""
    put_lines = running.start("put", "--file", "-", words="put.words", stdin=subprocess.PIPE)
    assert put_lines.process.stdin is not None
    for ride_id in (new_id(), new_id()):
        tail = running.start("tail", "--limit", "1", "--json")
        tail.await_words("Reading ride_predictions from latest")
        put_lines.process.stdin.write(json.dumps(ride(ride_id)).encode() + b"\n")
        put_lines.process.stdin.flush()
        assert tail.process.wait(COMMAND_TIMEOUT) == 0
        assert [line["data"]["prediction"]["ride_id"] for line in tail.json_lines()] == [ride_id]
    put_lines.process.stdin.write(b"{half\n")
    put_lines.process.stdin.close()
    assert put_lines.process.wait(COMMAND_TIMEOUT) == ExitCode.BAD_INPUT
    assert "2 of 2 records are on ride_events\n" in put_lines.said()
    assert "<stdin>, line 3 is not JSON" in put_lines.said()


@pytest.fixture(scope="module")
def aside(running: Shell) -> None:
    """A stream of this name that nothing reads."""
    aws = ("aws", "kinesis")
    created = running.run(*aws, "create-stream", "--stream-name", "aside", "--shard-count", "1")
    assert created.code == 0, created.err
    running.run(*aws, "wait", "stream-exists", "--stream-name", "aside")


def test_put_says_where_as_json(running: Shell, aside: None) -> None:
    """On a stream that nothing reads: shard, sequence number and key."""
    done = running.devenv(
        "put", "--stream", "aside", "--file", "-", "--json", input=json.dumps(ride("7"))
    )
    (line,) = done.json_lines()
    assert (line["shard_id"], line["partition_key"]) == ("shardId-000000000000", "7")
    tail = running.devenv(
        "tail", "--stream", "aside", "--from", "trim-horizon", "--limit", "1", "--json"
    )
    (read,) = tail.json_lines()
    assert (read["sequence_number"], read["data"]) == (line["sequence_number"], ride("7"))


def test_many_are_put_with_a_summary(running: Shell, aside: None, tmp_path: Path) -> None:
    """How many, where and how fast; a line for each only with --json."""
    file = tmp_path / "rides.jsonl"
    file.write_text("".join(json.dumps(ride(new_id())) + "\n" for _ in range(1200)))
    done = running.devenv("put", "--stream", "aside", "--file", str(file))
    assert (done.code, done.out) == (0, "")
    assert re.fullmatch(r"1,200 records on aside in \d+\.\d\d s \([\d,]+/s\)\n", done.err), done.err


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.name)
def test_invoke_answers_each_of_the_tutorials_events(running: Shell, event: Path) -> None:
    """The response on stdout, the function's log on stderr."""
    done = running.devenv("invoke", str(event))
    assert done.code == 0, done.err
    (answer,) = done.json_lines()
    assert "REPORT RequestId" in done.err
    if event.name in BAD_EVENTS:
        assert (answer["predictions"], len(answer["rejected"])) == ([], 1)
    else:
        (prediction,) = answer["predictions"]
        assert prediction["prediction"]["ride_id"] == int(event.name.split("-")[2])
        assert 0 < prediction["prediction"]["ride_duration"] < 60


def test_invoke_of_what_the_function_refuses_fails(running: Shell) -> None:
    """Its error in one line, with where to read more."""
    done = running.devenv("invoke", "-", input='{"ride": {}}')
    assert done.code == 1
    assert "ride-duration-prediction failed with InvalidEvent" in done.err
    assert "devenv logs function" in done.err.splitlines()[-1]


def test_logs_of_the_function_and_the_services(running: Shell) -> None:
    """CloudWatch's lines for the function, the file's last lines for a service."""
    done = running.devenv("invoke", "-", input="[]")
    assert "\r" not in done.err
    request = re.findall(r"REPORT RequestId: (\S+)", done.err)[0]

    def last_invocation() -> list[str] | None:
        lines = running.devenv("logs", "-n", "4").out.splitlines()
        return lines if request in lines[-1] else None

    lines = wait_for(last_invocation, timeout=30, failure="the invocation is not in the log")
    starts = ("START", "[ERROR] InvalidEvent", "END", "REPORT")
    events = [line for line in lines if not line.startswith(("Traceback", "\u00a0", " "))]
    assert [line.startswith(word) for line, word in zip(events, starts, strict=True)] == [True] * 4
    emulator = running.devenv("logs", "emulator", "-n", "5")
    assert emulator.out.count("\n") == 5
    assert running.devenv("logs", "mlflow").code == 0


def test_demo_beside_what_runs_leaves_it_running(running: Shell) -> None:
    """It predicts its rides on the environment that's there."""
    done = running.devenv("demo", "--json")
    assert done.code == 0, done.err
    lines = done.json_lines()
    assert len(lines) >= 10
    assert all(0 < line["predicted_minutes"] < 60 for line in lines)
    assert running.devenv("status").code == 0
