"""Which interpreter a function gets that asks for another Python."""

from pathlib import Path

from devenv.emulator.functions import pythons


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    return path


def test_pyenvs_newest_before_uvs_and_the_path(tmp_path: Path) -> None:
    """pyenv's shims are passed over: they are there for versions that they won't run."""
    environ = {"HOME": str(tmp_path), "PATH": f"{tmp_path}/shims:{tmp_path}/bin"}
    assert pythons.find("python3.12", environ) is None
    program(tmp_path / "shims" / "python3.12")
    assert pythons.find("python3.12", environ) is None
    on_path = program(tmp_path / "bin" / "python3.12")
    assert pythons.find("python3.12", environ) == on_path
    uv = tmp_path / ".local/share/uv/python"
    by_uv = program(uv / "cpython-3.12.7-linux-x86_64-gnu" / "bin" / "python3.12")
    assert pythons.find("python3.12", environ) == by_uv
    versions = tmp_path / ".pyenv" / "versions"
    program(versions / "3.12.9" / "bin" / "python3.12")
    newest = program(versions / "3.12.11" / "bin" / "python3.12")
    assert pythons.find("python3.12", environ) == newest
    assert pythons.find("python3.11", environ) is None


def test_an_interpreter_that_was_uninstalled_is_passed_over(tmp_path: Path) -> None:
    """Its folder may be left."""
    (tmp_path / "versions" / "3.12.1").mkdir(parents=True)
    environ = {"PYENV_ROOT": str(tmp_path), "PATH": ""}
    assert pythons.find("python3.12", environ) is None
