"""What an environment keeps on disk is its owner's alone, also what was made before that was so."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.stack import private
from devenv.stack.process import Registry


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Of most systems: others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """Those above it are as they would be."""
    private.ensure(tmp_path / "state" / "home")
    assert mode(tmp_path / "state" / "home") == 0o700
    assert mode(tmp_path / "state") == 0o755


def test_what_an_earlier_devenv_made_is_changed(tmp_path: Path) -> None:
    """Programs stay programs; what a link leads to isn't touched."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / "logs").mkdir(parents=True)
    elsewhere.write_text("")
    (home / "link").symlink_to(elsewhere)
    (home / "gone").symlink_to(tmp_path / "nowhere")
    (home / "logs" / "function.log").write_text("a ride")
    (home / "run.sh").write_text("")
    (home / "run.sh").chmod(0o755)
    private.ensure(home)
    assert mode(home) == mode(home / "logs") == 0o700
    assert mode(home / "logs" / "function.log") == 0o600
    assert mode(home / "run.sh") == 0o700
    assert mode(elsewhere) == 0o644


def test_what_a_child_and_its_starter_write_is_private(tmp_path: Path) -> None:
    """Log, memory, and a file of the child's own."""
    registry = Registry(tmp_path / "home")
    code = "open('made', 'w').close()"
    running = registry.spawn("emulator", "http://x", (sys.executable, "-Sc", code), {})
    os.waitpid(running.pid, 0)
    files = [p for p in registry.home.rglob("*") if p.is_file()]
    assert {file.name for file in files} == {"made", "emulator.log", "emulator.json"}
    assert {mode(file) for file in files} == {0o600}
    assert {mode(p) for p in registry.home.rglob("*") if p.is_dir()} == {0o700}
