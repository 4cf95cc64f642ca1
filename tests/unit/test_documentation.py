"""What the documents say of commands and settings is what there is."""

import inspect
import re
from pathlib import Path

import pytest

from devenv import settings
from devenv.commands import COMMANDS
from devenv.emulator.door import guard, unsigned
from devenv.emulator.iam import enforcement
from devenv.emulator.kinesis import options
from devenv.emulator.mapping.history import running

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"^#?([A-Z][A-Z_0-9]+)=", re.MULTILINE)

READ_BY_OTHERS = {
    "AWS_ACCESS_KEY_ID": "boto3",
    "AWS_SECRET_ACCESS_KEY": "boto3",
    **dict.fromkeys(
        (
            "DEVENV_EMULATOR_PORT",
            "DEVENV_MLFLOW_PORT",
            "DEVENV_REGISTRY_PORT",
            "DEVENV_FUNCTION_CPU_LIMIT",
            "DOCKER_SOCKET",
        ),
        "compose.yaml",
    ),
}
"""Settings that are none of ours, and who reads them."""


def read_by_us() -> set[str]:
    """The variables that settings.py and the emulator's switches name (not beginnings of names)."""
    sources = "".join(
        map(inspect.getsource, (settings, options, running, enforcement, guard, unsigned))
    )
    return set(re.findall(r'"([A-Z]+_[A-Z_]*[A-Z]|PIPELINE)"', sources))


def in_the_example() -> list[str]:
    return NAME.findall((ROOT / ".env.example").read_text())


NAMED = re.compile(
    r"(?<![\w./-])((?:docs|tests|scripts|devenv|serving|\.ci)/[\w./-]+\.(?:md|py|sh|txt|yaml)"
    r"|[A-Z]{4,}\.md|design\.md)(?![\w/])"
)
"""Files of this repository, as comments and documents name them: by their path from its root."""
TO_BE_MADE = {"devenv/pipelines/parcel.py"}
"""Files of an example that a reader is to write."""
WRITTEN = [
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "devenv/**/*.py",
        "serving/*.py",
        "tests/**/*.py",
        "*.py",
    )
    for path in sorted(ROOT.glob(pattern))
    if "node_modules" not in path.parts and "javascript" not in path.parts
]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(path: Path) -> None:
    """In documents, docstrings and comments; links of documents, too."""
    text = path.read_text()
    named = set(NAMED.findall(text)) - TO_BE_MADE
    missing = [
        name for name in named if not any((at / name).exists() for at in (ROOT, path.parent))
    ]
    if path.suffix == ".md":
        links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        missing += [link for link in links if not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_stands_in_the_readme(name: str) -> None:
    """As it is typed."""
    assert re.search(rf"`devenv {name}\b", (ROOT / "README.md").read_text())


@pytest.mark.parametrize("name", in_the_example())
def test_every_setting_of_the_example_is_read(name: str) -> None:
    """By this project, or by a library that is named here."""
    assert name in read_by_us() | READ_BY_OTHERS.keys()


def test_what_compose_reads_stands_in_the_example() -> None:
    """And compose.yaml reads what it is said to read."""
    read = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert read <= set(in_the_example())
    assert {name for name, by in READ_BY_OTHERS.items() if by == "compose.yaml"} <= read


def test_every_setting_that_is_read_stands_in_the_example() -> None:
    """All but AWS_REGION, which is only taken where AWS_DEFAULT_REGION is missing."""
    assert read_by_us() - {"AWS_REGION"} <= set(in_the_example())


def test_the_defaults_of_the_example_are_the_defaults() -> None:
    """A line that is only a comment changes nothing when it's uncommented."""
    commented = dict(
        line.removeprefix("#").split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if re.match(r"#[A-Z_]+=", line)
    )
    given = {name: value for name, value in commented.items() if value}
    root = Path("/checkout")
    assert settings.read_settings(given, root) == settings.read_settings({}, root)
