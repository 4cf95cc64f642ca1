"""Dependencies point one way, as docs/how-it-works.md says; here they are read from the imports.

A layer's modules may import from the layers below it and from each other (but for `APART`).
A new module belongs into one of them: the test that finds it homeless says so.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "devenv"

LAYERS: dict[str, tuple[str, ...]] = {
    "entry": ("devenv.__main__", "devenv.aws_cli"),
    "cli": ("devenv.cli",),
    "commands": ("devenv.commands", "devenv.testing"),
    "work": (
        "devenv.environment",
        "devenv.round_trip",
        "devenv.system",
        "devenv.producer",
        "devenv.redrive",
        "devenv.bootstrap",
        "devenv.stack",
        "devenv.bench",
        "devenv.doctor",
        "devenv.publish",
        "devenv.teardown",
        "devenv.account",
    ),
    "readers": ("devenv.readers", "devenv.consumer"),
    "means": ("devenv.aws", "devenv.place", "devenv.wait"),
    "ground": (
        "devenv.disk",
        "devenv.mlflow_plugin",
        "devenv.pages",
        "devenv.profiles",
        "devenv.settings",
        "devenv.pipelines",
        "devenv.progress",
        "devenv.output",
        "devenv.errors",
    ),
}
"""From the top down. A name stands for a module, or for a package with all that is in it."""

APART = [
    ("devenv.bootstrap", "devenv.stack"),  # What is made on AWS, and what runs on this machine.
]
"""Pairs of one layer of which neither may import the other."""

EMULATOR = "devenv.emulator"
EMULATOR_MAY_IMPORT = ("devenv.errors", "devenv.settings")
"""LocalStack imports it by entry points; the commands speak to it over AWS's APIs alone."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a module's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """All that is imported, wherever it stands: inside functions and TYPE_CHECKING too.

    `from devenv import aws` is the module devenv.aws, `from devenv.aws import Aws` too.
    """
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}: imports are absolute"
            assert node.level == 0, f"{path}: imports are absolute"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            inside = [name for name in whole if name in MODULES]
            yield from inside
            if len(inside) < len(whole):
                yield node.module


def ours(name: str) -> list[str]:
    """The modules of this package that a module imports; the package's own docstring is none."""
    found = imports(MODULES[name])
    return [i for i in found if i.startswith("devenv.")]


def within(name: str, unit: str) -> bool:
    return name == unit or name.startswith(f"{unit}.")


def unit_of(name: str) -> str | None:
    """The unit of LAYERS that a module is or is in."""
    return next((u for units in LAYERS.values() for u in units if within(name, u)), None)


def depth(unit: str) -> int:
    return next(i for i, units in enumerate(LAYERS.values()) if unit in units)


LAYERED = [n for n in MODULES if n != "devenv" and not within(n, EMULATOR)]


def test_every_module_is_in_a_layer_and_every_layer_is_there() -> None:
    """Put a new one into LAYERS."""
    assert [name for name in LAYERED if unit_of(name) is None] == []
    assert [u for units in LAYERS.values() for u in units if u not in MODULES] == []


@pytest.mark.parametrize("name", LAYERED)
def test_imports_point_down(name: str) -> None:
    """Never from a layer to one above it, never between those that are apart."""
    unit = unit_of(name)
    assert unit is not None, f"{name} is in no layer"
    for imported in ours(name):
        other = unit_of(imported)
        assert other is not None, f"{name} imports {imported}, which is in no layer"
        assert depth(unit) <= depth(other), f"{name} imports {imported}, which is above it"
        assert (unit, other) not in APART, f"{name} imports {imported}"
        assert (other, unit) not in APART, f"{name} imports {imported}"


def test_units_do_not_import_each_other_in_circles() -> None:
    """Within a layer, too."""
    edges: dict[str, set[str]] = {}
    for name in LAYERED:
        unit = unit_of(name)
        assert unit is not None
        edges.setdefault(unit, set()).update(
            other for i in ours(name) if (other := unit_of(i)) and other != unit
        )
    left = dict(edges)
    while free := [u for u, others in left.items() if not others & left.keys()]:
        for unit in free:
            del left[unit]
    assert left == {}


@pytest.mark.parametrize("name", [n for n in MODULES if within(n, EMULATOR)])
def test_the_emulator_imports_nothing_of_the_rest_but_errors_and_settings(name: str) -> None:
    """So it could be a package of its own."""
    allowed = (EMULATOR, *EMULATOR_MAY_IMPORT)
    assert [i for i in ours(name) if not any(within(i, unit) for unit in allowed)] == []


@pytest.mark.parametrize("name", LAYERED)
def test_nothing_imports_the_emulator_or_localstack(name: str) -> None:
    """Another emulator, or AWS, can stand in its place."""
    forbidden = (EMULATOR, "localstack", "moto")
    assert [i for i in imports(MODULES[name]) if any(within(i, f) for f in forbidden)] == []


@pytest.mark.parametrize("name", [n for n in MODULES if n != "devenv.aws"])
def test_only_aws_imports_boto3(name: str) -> None:
    """Others may know its errors, and how it finds an endpoint, but never make a client."""
    errors = ("boto3.exceptions", "botocore.exceptions", "botocore.configprovider")
    found = [i for i in imports(MODULES[name]) if within(i, "boto3") or within(i, "botocore")]
    assert [i for i in found if not any(within(i, module) for module in errors)] == []


def test_what_is_deployed_and_the_environment_know_nothing_of_each_other() -> None:
    """The function runs on AWS, the web service anywhere; neither has devenv beside it."""
    function = (ROOT / "lambda_function.py", *(ROOT / "serving").glob("*.py"))
    for path in (*function, ROOT / "web_service.py"):
        assert [i for i in imports(path) if within(i, "devenv")] == [], path
    for name, path in MODULES.items():
        for unit in ("lambda_function", "serving", "web_service"):
            assert [i for i in imports(path) if within(i, unit)] == [], name


def test_the_function_knows_nothing_of_the_web_service() -> None:
    """Its image doesn't hold it."""
    for path in (ROOT / "lambda_function.py", *(ROOT / "serving").glob("*.py")):
        found = [i for i in imports(path) for web in ("web_service", "fastapi") if within(i, web)]
        assert found == [], path


ASKING = {
    "is_local": {
        "devenv.stack.services": "an emulator may only listen on this machine",
        "devenv.aws": "the cure in a message: start it, or check the address",
        "devenv.place": "the commands in a message: those that work where it runs",
        "devenv.commands.status": "processes are only looked for on this machine",
        "devenv.system": "a page of our emulator's, beside AWS's APIs, is fetched here alone",
        "devenv.bench.run": "the memory of a process can only be seen here",
        "devenv.bootstrap.role": "the emulator's account in words of --explain",
    },
    "is_aws": {
        "devenv.aws": "an emulator's credentials are not sent to AWS",
        "devenv.bootstrap.image": "where an image has to be published before it is used",
        "devenv.commands.consent": "what costs money is shown first",
        "devenv.commands.teardown": "the account's id is asked for",
        "devenv.consumer": "a shard gives five reads a second there",
        "devenv.publish": "AWS has a registry: an error of its own is told as it is",
        "devenv.readers.batches": "what AWS doesn't tell isn't asked for there",
        "devenv.readers.failure_queue": "without a wait SQS asks only some of its servers there",
    },
}
"""Who may ask where the endpoint is, and for what. Nobody may ask what is behind it."""

DOCTOR = "devenv.doctor"
"""Says what is behind the endpoint, so it has to ask."""

MAY_NAME_LOCALSTACK = (
    *("devenv.stack", "devenv.testing", "devenv.bench.peers", EMULATOR, DOCTOR),
    "devenv.place",
)
"""The others start it, but for the last one, which names compose.yaml's service in messages."""


@pytest.mark.parametrize("question", list(ASKING))
def test_few_ask_where_the_endpoint_is(question: str) -> None:
    """The same code runs against an emulator and AWS."""
    asking = {
        name
        for name, path in MODULES.items()
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr == question
    }
    ours = {name for name in asking if not within(name, EMULATOR) and not within(name, DOCTOR)}
    assert ours <= ASKING[question].keys()


@pytest.mark.parametrize(
    "name", [n for n in MODULES if not any(within(n, unit) for unit in MAY_NAME_LOCALSTACK)]
)
def test_nothing_asks_whether_it_is_localstack(name: str) -> None:
    """Not by name, address or page; words for people don't count as asking."""
    tree = ast.parse(MODULES[name].read_text())
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    named = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
        if "localstack" in node.value.lower()
    ]
    assert named == []
