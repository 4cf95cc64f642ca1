"""Which Node a function gets: by its major version, among those that are installed."""

from pathlib import Path

import pytest

from devenv.emulator.functions import node


def install(folder: Path, version: str, flags: str = "") -> str:
    """A program that answers as Node does; its folder."""
    folder.mkdir(parents=True)
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {version} {flags}\n")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("asked", "version"),
    [("nodejs18.x", (18, 20, 1)), ("nodejs20.x", (20, 9, 0)), ("nodejs22.x", (20, 9, 0))],
)
def test_the_major_version_counts(asked: str, version: tuple[int, ...], tmp_path: Path) -> None:
    """Else the newest is taken; nvm's are found, too."""
    eighteen = install(tmp_path / ".nvm/versions/node/v18/bin", "18.20.1")
    environ = {
        "HOME": str(tmp_path),
        "PATH": f"{install(tmp_path / 'a', '20.9.0')}:{install(tmp_path / 'b', '16.1.0')}:/none",
    }
    found = node.find(asked, environ)
    assert found is not None
    assert found.version == version
    assert found.runtime == f"nodejs{version[0]}.x"
    assert eighteen


def test_none_that_is_new_enough(tmp_path: Path) -> None:
    """Nor anything else that is called so."""
    old = install(tmp_path / "a", "16.1.0")
    other = install(tmp_path / "b", "hello")
    assert node.find("nodejs18.x", {"PATH": f"{old}:{other}", "HOME": "/none"}) is None
    assert node.find("nodejs18.x", {}) is None


def test_what_lambda_switches_off_is_switched_off_where_it_is_known(tmp_path: Path) -> None:
    """An older Node would refuse the option."""
    flags = "--experimental-require-module --no-experimental-detect-module --inspect"
    found = node.find("nodejs22.x", {"PATH": install(tmp_path / "a", "22.12.0", flags)})
    assert found is not None
    assert found.command[1:] == (*node.OFF_ON_LAMBDA, str(node.BOOTSTRAP))
