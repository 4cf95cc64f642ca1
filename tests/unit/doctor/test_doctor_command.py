"""`devenv doctor` as it is typed, where nothing runs."""

import json
import os
import sys
from pathlib import Path

import pytest

from devenv.cli import main
from devenv.doctor.checks import CHECKS

pytestmark = pytest.mark.usefixtures("shell", "activated")


@pytest.fixture
def activated(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.venv/bin/activate` puts this `aws` before others of the machine."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)


def test_nothing_running_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a check, in order; the cure below the failed one; exit code 1."""
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if not line.startswith("    ")]
    assert [line[0] in "✓✗–" and line[2:].partition(":")[0] for line in lines] == [
        check.NAME for check in CHECKS
    ]
    (failed,) = (line for line in lines if line.startswith("✗"))
    assert failed.startswith("✗ The endpoint answers: http://127.0.0.1:")
    assert "\n    Start it with `devenv up -d`" in out
    assert err == f"1 of {len(CHECKS)} is wrong.\n"


def test_json_is_one_object_a_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With null for what wasn't looked at."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert main(["doctor", "--json"]) == 1
    out, err = capsys.readouterr()
    objects = [json.loads(line) for line in out.splitlines()]
    assert [each["name"] for each in objects] == [check.NAME for check in CHECKS]
    assert all(each.keys() == {"name", "ok", "detail", "cure"} for each in objects)
    assert [each["ok"] for each in objects].count(False) == 2
    assert {each["ok"] for each in objects} == {True, False, None}
    assert err == ""
