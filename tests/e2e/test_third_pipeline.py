"""docs/pipelines.md's recipe, with its very lines: a third pipeline, event in, prediction out."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import ROOT, Shell, shell_in

RECIPE = (ROOT / "docs" / "pipelines.md").read_text().partition("## A third pipeline")[2]
MODULE, READER = re.findall(r"```python\n(.*?)```", RECIPE, re.DOTALL)
LINE = (
    "\nfrom devenv.pipelines import parcel\n\nPIPELINES[parcel.PIPELINE.name] = parcel.PIPELINE\n"
)
SOURCES = ("lambda_function.py", "Pipfile", "Pipfile.lock", "requirements.lock")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project with the recipe followed, and the packages that the project has."""
    root = tmp_path / "checkout"
    for package in ("devenv", "serving"):
        shutil.copytree(ROOT / package, root / package)
    for name in SOURCES:
        shutil.copy2(ROOT / name, root / name)
    (root / ".venv-function").symlink_to(ROOT / ".venv-function")
    (root / "devenv" / "pipelines" / "parcel.py").write_text(MODULE)
    for path, lines in (("devenv/pipelines/__init__.py", LINE), ("serving/events.py", READER)):
        with (root / path).open("a") as file:
            file.write(f"\n\n{lines}")
    return root


@pytest.fixture
def elsewhere(checkout: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell in that copy."""
    made = replace(shell_in(tmp_path), root=checkout)
    yield made
    made.devenv("down")


def test_a_third_pipeline_is_two_modules_and_a_line(elsewhere: Shell) -> None:
    """Everything else is there: names, training, bootstrap, flags, samples."""
    up = elsewhere.devenv("up", "-d", "--pipeline", "parcel")
    assert up.code == 0, up.err
    assert "mapping parcels → parcel-prediction: made" in up.err
    assert "devenv put --pipeline parcel --zone abroad --weight 2.5" in up.err
    demo = elsewhere.devenv("demo", "--pipeline", "parcel", "-n", "3", "--json")
    assert demo.code == 0, demo.err
    shown = demo.json_lines()
    assert [line["parcel"]["zone"] for line in shown] == ["city", "country", "abroad"]
    assert all(abs(line["predicted_days"] - line["true_days"]) < 1 for line in shown)
    assert {(line["model"], line["version"]) for line in shown} == {("parcel-days", "1")}
    put = elsewhere.devenv("put", "--pipeline", "parcel", "--zone", "abroad", "--weight", "9")
    assert put.code == 0, put.err
