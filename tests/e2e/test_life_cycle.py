"""Starting and stopping, and Ctrl-C in the middle of either: nothing stays behind."""

import json
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from .conftest import COMMAND_TIMEOUT, ROOT, Shell, Started

INTERRUPTED = 130


def interrupt(shell: Shell, started: Started, number: int = signal.SIGINT) -> None:
    """The command ends as interrupted ones do, and leaves no process."""
    code = started.end_with(number)
    assert code == INTERRUPTED, started.said()
    assert started.said().rstrip().endswith("interrupted")
    assert "Traceback" not in started.said()
    assert shell.processes() == []


@pytest.mark.parametrize(
    "moment", ["Starting emulator", "Starting mlflow", "emulator is up", "mlflow is up"]
)
def test_ctrl_c_in_the_middle_of_up(shell: Shell, moment: str) -> None:
    """While processes start, while the system is made, while the model is trained."""
    started = shell.start("up", "-d")
    started.await_words(moment)
    interrupt(shell, started)
    status = shell.devenv("status", "--json")
    assert status.code == 1
    assert not any(service["running"] for service in status.json_lines()[0]["services"])


def test_termination_stops_what_was_started(shell: Shell) -> None:
    """SIGTERM, as from a supervisor, does as Ctrl-C does."""
    started = shell.start("up", "-d")
    started.await_words("Starting mlflow")
    interrupt(shell, started, signal.SIGTERM)


def test_up_in_the_foreground_shows_logs_until_ctrl_c_and_then_up_works_again(
    shell: Shell,
) -> None:
    """The logs are labelled; the next `up` finds the state; `down` and `--purge` end it all."""
    started = shell.start("up")
    started.await_words("Logs follow; Ctrl-C to stop.")
    assert shell.devenv("put", "--pu", "130", "--do", "205", "--distance", "3.66").code == 0
    started.await_words("emulator | ")
    started.await_words("function | REPORT RequestId")
    interrupt(shell, started)

    assert shell.devenv("up", "-d").code == 0
    assert shell.devenv("status").code == 0
    watching = shell.start("up")
    watching.await_words("Logs follow; Ctrl-C to end.")
    down = shell.devenv("down")
    assert (down.code, down.err) == (0, "Stopped emulator and mlflow.\n")
    assert watching.process.wait(COMMAND_TIMEOUT) == 0, watching.said()
    assert watching.said().rstrip().endswith("Stopped by `devenv down`.")
    assert shell.processes() == []
    again = shell.devenv("down")
    assert (again.code, again.err) == (0, "Nothing was running.\n")
    status = shell.devenv("status")
    assert status.code == 1
    assert "stopped" in status.out
    assert shell.devenv("down", "--purge").code == 0
    assert not shell.home.exists()
    assert shell.devenv("down", "--purge").code == 0


def test_the_demo_script_shows_predictions_and_leaves_nothing(shell: Shell) -> None:
    """What a newcomer runs first: a table of real predictions, then all is stopped."""
    done = shell.run(str(ROOT / "scripts" / "demo"), "--json")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert len(lines) >= 10
    assert {(line["model"], line["version"]) for line in lines} == {("ride-duration", "1")}
    assert all(0 < line["predicted_minutes"] < 60 and line["seconds"] > 0 for line in lines)
    assert shell.processes() == []


def test_ctrl_c_in_the_middle_of_the_demo(shell: Shell) -> None:
    """While rides are under way."""
    started = shell.start("demo", "-n", "1000")
    started.await_words(" ms\n")
    interrupt(shell, started)


@pytest.mark.parametrize("setting", ["AWS_ENDPOINT_URL", "MLFLOW_TRACKING_URI"])
def test_a_taken_port_is_told_in_one_line(shell: Shell, setting: str) -> None:
    """Who has it, and which setting moves it; nothing was started."""
    port = urlsplit(shell.variables[setting]).port
    with socket.create_server(("127.0.0.1", port or 0)):
        done = shell.devenv("up", "-d")
    assert done.code == 1
    (line,) = done.err.splitlines()
    me = psutil.Process()
    assert f"127.0.0.1:{port} (Address already in use; taken by {me.name()}, {me.pid})" in line
    assert f"set {setting} to another port" in line
    assert shell.processes() == []


def test_up_empty_makes_nothing_but_mlflows_bucket(shell: Shell, tmp_path: Path) -> None:
    """MLflow keeps artifacts in it; what was made before is told; the bootstrap works after it."""
    refused = shell.devenv("up", "--empty", "--data", "x.parquet")
    assert (refused.code, "nothing to train" in refused.err) == (2, True)
    up = shell.devenv("up", "-d", "--empty")
    assert up.code == 0, up.err
    assert "bucket mlflow-models: made" in up.err
    assert "Not empty" not in up.err
    assert "aws kinesis create-stream" in up.err
    lists = {
        "StreamNames": ("kinesis", "list-streams"),
        "Functions": ("lambda", "list-functions"),
        "Roles": ("iam", "list-roles"),
        "EventSourceMappings": ("lambda", "list-event-source-mappings"),
        "logGroups": ("logs", "describe-log-groups"),
    }
    for key, operation in lists.items():
        assert json.loads(shell.run("aws", *operation).out)[key] == [], key
    assert shell.run("aws", "sqs", "list-queues").out == ""
    (tmp_path / "notes.txt").write_text("hello")
    run = f"import mlflow; mlflow.log_artifact({str(tmp_path / 'notes.txt')!r})"
    logged = shell.run(sys.executable, "-c", run, MLFLOW_EXPERIMENT_NAME="mine")
    assert logged.code == 0, logged.err
    assert "notes.txt" in shell.run("aws", "s3", "ls", "--recursive", "s3://mlflow-models/").out

    made = ("--stream-name", "mine", "--shard-count", "1")
    assert shell.run("aws", "kinesis", "create-stream", *made).code == 0
    again = shell.devenv("up", "-d", "--empty")
    assert "Not empty: stream mine, from before. `devenv down --purge` deletes all." in again.err
