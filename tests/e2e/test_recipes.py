"""The tutorials' shell recipes in scripts/, as a person runs them."""

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devenv.wait import wait_for

from .conftest import EVENTS, ROOT, Done, Shell

SCRIPTS = ROOT / "scripts"


def script(shell: Shell, name: str, *arguments: str, **changed: str) -> Done:
    done = shell.run(str(SCRIPTS / name), *arguments, **changed)
    assert done.code == 0, done.err
    return done


@pytest.mark.parametrize(
    ("pipeline", "key", "value", "event_id"),
    [("ride", "ride_id", "ride_duration", 156), ("bike", "pred_id", "cnt", 123)],
)
def test_data_in_and_data_out(
    bikes: Shell, pipeline: str, key: str, value: str, event_id: int
) -> None:
    """The tutorial's event in; its prediction is among all that comes out."""
    put = json.loads(script(bikes, "data_in.sh", PIPELINE=pipeline).out)
    assert put["ShardId"] == "shardId-000000000000"

    def predicted() -> dict[str, Any] | None:
        out = script(bikes, "data_out.sh", PIPELINE=pipeline).out
        found = (json.loads(line)["prediction"] for line in out.splitlines())
        return next((each for each in found if each[key] == event_id), None)

    assert wait_for(predicted, timeout=60, failure="no prediction came")[value] > 0


def test_an_event_of_ones_own_on_a_stream_of_ones_own(running: Shell) -> None:
    """KINESIS_STREAM_INPUT and KINESIS_STREAM_OUTPUT as the tutorials set them; without jq, too."""
    created = running.run(
        *("aws", "kinesis", "create-stream", "--stream-name", "start-ride-events"),
        *("--shard-count", "1"),
    )
    assert created.code == 0, created.err
    event = '{"ride": {"PULocationID": 1}, "ride_id": "ü"}'
    script(running, "data_in.sh", event, KINESIS_STREAM_INPUT="start-ride-events")
    for path in (running.variables["PATH"], without_jq(running)):
        out = script(
            running, "data_out.sh", KINESIS_STREAM_OUTPUT="start-ride-events", PATH=path
        ).out
        assert out == f"{event}\n"


def without_jq(shell: Shell) -> str:
    """A PATH on which everything is found but jq."""
    folder = shell.home.parent / "without-jq"
    folder.mkdir()
    for place in reversed(shell.variables["PATH"].split(":")):
        for program in Path(place).glob("*"):
            link = folder / program.name
            if program.name != "jq" and os.access(program, os.X_OK):
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return str(folder)


def test_test_event(running: Shell, tmp_path: Path) -> None:
    """The response on stdout, the log's end on stderr; what the function refuses fails."""
    done = script(running, "test_event.sh", str(EVENTS / "console-ride-123-003.json"))
    (prediction,) = json.loads(done.out)["predictions"]
    assert prediction["prediction"]["ride_id"] == 123
    assert "REPORT RequestId" in done.err
    (tmp_path / "event.json").write_text('{"key1": "value1"}')
    refused = running.run(str(SCRIPTS / "test_event.sh"), str(tmp_path / "event.json"))
    assert refused.code == 1
    assert "ride: expected" in json.loads(refused.out)["errorMessage"]


def test_try_function(running: Shell) -> None:
    """test.py: the handler here, with the deployed model, or a run's by RUN_ID alone."""
    command = (str(SCRIPTS / "try_function.py"), str(EVENTS / "kinesis-ride-256-001.json"))
    deployed = running.run("python", *command)
    assert deployed.code == 0, deployed.err
    (prediction,) = json.loads(deployed.out)["predictions"]
    assert prediction["prediction"]["ride_id"] == 256
    (model,) = running.devenv("bootstrap", "--json").json_lines()
    by_run = running.run("python", *command, RUN_ID=model["run_id"], TEST_RUN="True")
    assert by_run.code == 0, by_run.err
    (same,) = json.loads(by_run.out)["predictions"]
    assert same["prediction"] == prediction["prediction"]


def test_publish_image_is_devenv_publish(shell: Shell) -> None:
    """Pushing for real is tests/containers' business."""
    said = script(shell, "publish_image.sh", "--help").out
    assert "Build the function's image with Docker, push it to ECR" in said


@pytest.mark.parametrize("version", ["1.44.44", "2.27.0"])
def test_what_is_sent_is_no_base64_to_either_version_of_the_cli(
    tmp_path: Path, version: str
) -> None:
    """Version 2 has to be told; version 1 doesn't know the flag."""
    cli = tmp_path / "aws"
    cli.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo aws-cli/{version} || printf "%s\\n" "$@"\n'
    )
    cli.chmod(cli.stat().st_mode | stat.S_IXUSR)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "AWS_ENDPOINT_URL": ""}
    said = subprocess.run(
        [SCRIPTS / "data_in.sh"], env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines()[:6] == [
        *("kinesis", "put-record", "--stream-name", "ride_events", "--partition-key", "1")
    ]
    assert ("--cli-binary-format\nraw-in-base64-out" in said) is (version[0] == "2")


def test_an_unknown_pipeline_is_refused_naming_those_there_are(shell: Shell) -> None:
    """As `devenv` does."""
    done = shell.run(str(SCRIPTS / "data_in.sh"), PIPELINE="trains")
    assert (done.code, done.out) == (2, "")
    assert "PIPELINE=trains: there is no such pipeline, but ride and bike" in done.err
