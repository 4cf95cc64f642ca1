"""Pipfile.lock as requirements, exactly what it says: versions, markers, extras, hashes."""

import json
from pathlib import Path

import pytest

from devenv.errors import NotFound
from devenv.stack.function_packages import FunctionPackages, ensure, pipfile_requirements


def requirements(tmp_path: Path, **packages: dict[str, object]) -> list[str]:
    lock = tmp_path / "Pipfile.lock"
    lock.write_text(json.dumps({"default": packages, "develop": {"pytest": {"version": "==8"}}}))
    return pipfile_requirements(lock).splitlines()


def test_a_package_has_its_version_and_all_its_hashes(tmp_path: Path) -> None:
    """Dev packages are no part of the function."""
    assert requirements(
        tmp_path, boto3={"version": "==1.42.54", "hashes": ["sha256:aa", "sha256:bb"]}
    ) == ["boto3==1.42.54 --hash=sha256:aa --hash=sha256:bb"]


def test_markers_stand_before_the_hashes(tmp_path: Path) -> None:
    """After them they would be taken for options."""
    package = {"version": "==2.0", "markers": "python_version >= '3.9'", "hashes": ["sha256:aa"]}
    assert requirements(tmp_path, numpy=package) == [
        "numpy==2.0 ; python_version >= '3.9' --hash=sha256:aa"
    ]


def test_extras_stand_after_the_name(tmp_path: Path) -> None:
    """In brackets, joined by commas."""
    package = {"version": "==1.0", "extras": ["crt", "s3"], "hashes": ["sha256:aa"]}
    assert requirements(tmp_path, boto3=package) == ["boto3[crt,s3]==1.0 --hash=sha256:aa"]


def test_one_line_a_package(tmp_path: Path) -> None:
    """The whole lock, and nothing more."""
    package: dict[str, object] = {"version": "==1", "hashes": ["sha256:aa"]}
    assert [line[0] for line in requirements(tmp_path, a=package, b=package)] == ["a", "b"]


def test_a_missing_lock_is_not_found(tmp_path: Path) -> None:
    """Before anything is installed."""
    (tmp_path / "Pipfile.lock").write_text("{}")
    with pytest.raises(NotFound, match=r"requirements\.lock is missing"):
        ensure(tmp_path, lambda line: None)
    assert not (tmp_path / ".venv-function").exists()


def test_the_folders_are_where_the_emulator_is_told(tmp_path: Path) -> None:
    """An interpreter for the image, one for zips, and the runtime's packages."""
    packages = FunctionPackages(tmp_path)
    assert packages.image_python == tmp_path / "image/bin/python"
    assert packages.zip_python == tmp_path / "zip/bin/python"
    assert packages.runtime_folder == tmp_path / "runtime"
