"""What of LocalStack is replaced is there to be replaced, in the version that is installed."""

import ast
import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from devenv.emulator import localstack_seams
from devenv.emulator.localstack_seams import LOCALSTACK, SEAMS, How, Seam, apply, find
from devenv.errors import DevenvError

ROOT = Path(__file__).resolve().parents[3]


def test_the_table_is_for_the_version_that_is_installed() -> None:
    """Go through it with another one: each target may mean something else."""
    assert version("localstack-core") == LOCALSTACK


def test_nothing_is_replaced_twice() -> None:
    """Whose turn is when would be hidden."""
    targets = [seam.target for seam in SEAMS]
    assert len(targets) == len(set(targets))


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.target.rpartition(":")[2])
def test_target_and_replacement_are_there(seam: Seam) -> None:
    """And the reason is said."""
    for path in (seam.target, seam.replacement):
        holder, name = find(path)
        assert hasattr(holder, name)
    assert seam.why


@pytest.mark.parametrize(
    "seam", [s for s in SEAMS if s.how is How.WRAP], ids=lambda s: s.target.rpartition(":")[2]
)
def test_what_wraps_takes_the_original_alone(seam: Seam) -> None:
    holder, name = find(seam.replacement)
    assert len(inspect.signature(getattr(holder, name)).parameters) == 1


def test_a_target_that_is_gone_is_named() -> None:
    """With the version that has it, before anything works half."""
    gone = Seam("localstack.constants:NOWHERE", "devenv.errors:DevenvError", "a test", How.REPLACE)
    with pytest.raises(DevenvError, match=r"no localstack\.constants:NOWHERE any more.*4\.14\.0"):
        apply((gone,))


def test_seams_are_applied_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrapped, or replaced."""
    there = SimpleNamespace(answer=lambda: 1, other=lambda: 2)
    monkeypatch.setattr(localstack_seams, "there", there, raising=False)
    monkeypatch.setattr(
        localstack_seams, "twice", lambda original: lambda: 2 * original(), raising=False
    )
    name = localstack_seams.__name__
    apply(
        (
            Seam(f"{name}:there.answer", f"{name}:twice", "a test"),
            Seam(f"{name}:there.other", f"{name}:apply", "a test", How.REPLACE),
        )
    )
    assert there.answer() == 2
    assert there.other is apply


def test_every_plugin_is_an_entry_point() -> None:
    """LocalStack leaves one out without a word that pyproject.toml doesn't name."""
    plugins = ast.parse((ROOT / "devenv" / "emulator" / "plugins.py").read_text())
    written = {
        node.name
        for node in plugins.body
        if (isinstance(node, ast.FunctionDef) and node.decorator_list)
        or (isinstance(node, ast.ClassDef) and node.bases)
    }
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    named = {
        target.partition(":")[2]
        for group in groups.values()
        for target in group.values()
        if target.startswith("devenv.emulator.plugins:")
    }
    assert named == written
