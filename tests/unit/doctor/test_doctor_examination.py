"""Checks are run one by one, and none can hurt another; a fact is asked for once."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.exceptions as boto
import pytest
from patient import patient

from devenv.doctor.endpoint import Endpoint
from devenv.doctor.examination import examine
from devenv.doctor.facts import Facts, fact
from devenv.doctor.finding import Finding, Unknown, well
from devenv.errors import NotFound


def check(look: Callable[[Facts], Finding], name: str = "All is well") -> Any:
    return SimpleNamespace(NAME=name, check=look)


def raising(error: Exception) -> Any:
    def look(facts: Facts) -> Finding:
        raise error

    return check(look)


def found(facts: Facts, *checks: Any, patience: float = 5) -> list[Finding]:
    return [finding for _, finding in examine(checks, facts, patience)]


def test_a_check_that_raises_is_what_is_wrong_and_the_next_one_runs(tmp_path: Path) -> None:
    """A doctor must not fall ill itself."""
    first, second = found(patient(tmp_path), raising(KeyError("x")), check(lambda f: well("yes")))
    assert (first.ok, first.detail) == (False, "this check failed itself: KeyError: 'x'")
    assert "report it" in str(first.cure)
    assert second == Finding(True, "yes")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotFound("No such thing. Make it."), "No such thing. Make it."),
        (boto.NoRegionError(), "No region: set AWS_DEFAULT_REGION"),
    ],
)
def test_a_known_error_speaks_for_itself(error: Exception, words: str, tmp_path: Path) -> None:
    """Ours, and boto3's in our words."""
    (finding,) = found(patient(tmp_path), raising(error))
    assert finding.ok is False
    assert words in finding.detail


def test_what_is_unknown_is_skipped(tmp_path: Path) -> None:
    """With its reason."""
    assert found(patient(tmp_path), raising(Unknown("no such page"))) == [
        Finding(None, "no such page")
    ]


def test_a_check_that_hangs_is_left_behind(tmp_path: Path) -> None:
    """And what it still waits for is not waited for again."""
    facts, released = patient(tmp_path), threading.Event()

    class Slow(Facts):
        @fact
        def answer(self) -> str:
            released.wait(60)
            return "late"

    slow = Slow(facts.settings, {})
    ask = check(lambda facts: well(facts.answer))  # type: ignore[attr-defined]
    first, second = found(slow, ask, ask, patience=0.05)
    released.set()
    assert (first.ok, first.detail) == (False, "no answer within 0 s")
    assert second == Finding(None, "an earlier check still waits for it (answer)")


def test_a_fact_is_asked_for_once_and_so_is_one_that_can_not_be_had(tmp_path: Path) -> None:
    """What it raised is raised again."""
    asked = []

    class Asking(Facts):
        @fact
        def answer(self) -> int:
            asked.append("answer")
            return 42

        @fact
        def riddle(self) -> int:
            asked.append("riddle")
            raise Unknown("nobody knows")

    facts = Asking(patient(tmp_path).settings, {})
    assert (facts.answer, facts.answer) == (42, 42)
    for _ in range(2):
        with pytest.raises(Unknown, match="nobody knows"):
            _ = facts.riddle
    assert asked == ["answer", "riddle"]


def test_a_command_can_be_pasted(tmp_path: Path) -> None:
    """Region and endpoint are in it, whatever the shell has exported."""
    assert patient(tmp_path).commands.aws("kinesis list-streams") == (
        "`aws kinesis list-streams --region us-east-1 --endpoint-url http://127.0.0.1:4566`"
    )
    on_aws = patient(tmp_path, environ={"AWS_ENDPOINT_URL": ""}, endpoint=Endpoint("AWS"))
    assert on_aws.commands.aws("s3 ls") == "`aws s3 ls --region us-east-1`"
