"""Every test of what AWS does says how that is known, by a mark of its own or its module's.

`recorded`: seen in responses recorded on AWS. `guide`: AWS's documentation. `model`: the API's
model. `inference`: follows from those, or is a promise of this project's own.
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
KINDS = ("recorded", "guide", "model", "inference")
MODULES = [
    *sorted((TESTS / "conformance").glob("test_*.py")),
    *sorted((TESTS / "unit" / "emulator" / "kinesis").glob("test_*.py")),
    *sorted((TESTS / "integration").glob("test_kinesis*.py")),
]


def evidence(node: ast.expr, names: dict[str, ast.expr]) -> list[tuple[str, str]]:
    """Kind and source of each evidence mark in an expression; a name stands for what it's given."""
    if isinstance(node, ast.Name):
        return evidence(names[node.id], names) if node.id in names else []
    if isinstance(node, ast.List | ast.Tuple):
        return [found for each in node.elts for found in evidence(each, names)]
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "pytest.mark.evidence":
        return []
    kind, source = (ast.literal_eval(argument) for argument in node.args)
    return [(kind, source)]


def marks(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The marks that count for each test of a module: its own, or else the module's."""
    tree = ast.parse(path.read_text())
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    default = evidence(names["pytestmark"], names) if "pytestmark" in names else []
    tests = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    return {
        test.name: [found for each in test.decorator_list for found in evidence(each, names)]
        or default
        for test in tests
    } or {path.stem: default}  # A class of Hypothesis's, say.


def test_there_are_modules_of_each_kind() -> None:
    """Or else the next test would hold of nothing."""
    assert len(MODULES) > 25
    assert {path.parent.name for path in MODULES} == {"conformance", "kinesis", "integration"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_test_states_its_evidence(path: Path) -> None:
    """One of the four kinds, and where it can be read, or why it follows."""
    for name, found in marks(path).items():
        assert len(found) == 1, f"{path.name}::{name} has no evidence, or several"
        kind, source = found[0]
        assert kind in KINDS, f"{path.name}::{name}"
        is_page = source.startswith("https://")
        assert is_page == (kind != "inference"), f"{path.name}::{name}: {source}"
        assert source.strip(), f"{path.name}::{name}"
