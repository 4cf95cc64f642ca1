"""Every cure that the doctor can name is followed by a test, or it is said why not."""

import ast
from collections.abc import Iterator
from pathlib import Path

from integration.cures import NOT_FOLLOWED
from test_doctor_checks import SICK

from devenv.doctor.known_errors import KNOWN

TESTS = Path(__file__).parents[2]
FOLDERS = ("integration", "containers", "e2e")


def followed() -> Iterator[str]:
    """The arguments of all marks `cures`."""
    for path in (p for folder in FOLDERS for p in (TESTS / folder).rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.cures"):
                yield str(ast.literal_eval(node.args[0]))


def test_every_cure_is_in_the_table() -> None:
    """By the sick system, or the known error, that it is told to; and nothing else is there."""
    sick = {str(sick) for sick in SICK} | {f"known error: {known.what}" for known in KNOWN}
    marked = set(followed())
    assert marked & NOT_FOLLOWED.keys() == set()
    assert sorted(sick - marked - NOT_FOLLOWED.keys()) == []
    assert sorted((marked | NOT_FOLLOWED.keys()) - sick) == []
