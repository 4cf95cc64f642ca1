"""The two locks agree, and install from whatever index a machine is set up for."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "Pipfile.lock")
PIPFILE = tomllib.loads((ROOT / "Pipfile").read_text())
PIPFILE_LOCK = json.loads((ROOT / "Pipfile.lock").read_text())


def tooling_versions() -> dict[str, set[str]]:
    """Every version that requirements.lock has of a package (markers may give it several)."""
    versions: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if pin := re.match(r"([a-z0-9._-]+)==([^\s;]+)", line):
            versions.setdefault(pin[1], set()).add(pin[2])
    return versions


def test_a_package_in_both_locks_has_one_version() -> None:
    tooling = tooling_versions()
    function = {n: p["version"].removeprefix("==") for n, p in PIPFILE_LOCK["default"].items()}
    assert {"boto3", "mlflow-skinny", "numpy", "scikit-learn", "skops"} <= tooling.keys()
    differing = {
        name: (version, tooling[name])
        for name, version in function.items()
        if name in tooling and tooling[name] != {version}
    }
    assert differing == {}, "run scripts/lock"


def test_the_function_lock_has_a_hash_for_every_package_and_no_dev_packages() -> None:
    assert all(package["hashes"] for package in PIPFILE_LOCK["default"].values())
    assert PIPFILE_LOCK["develop"] == {} == PIPFILE["dev-packages"]


def test_everything_that_pipfile_asks_for_is_locked() -> None:
    assert PIPFILE["packages"].keys() <= PIPFILE_LOCK["default"].keys()
    for name, asked in PIPFILE["packages"].items():
        assert asked in ("*", PIPFILE_LOCK["default"][name]["version"]), "run scripts/lock"


def test_the_function_lock_is_for_linux_and_mac_alike() -> None:
    platforms = ("sys_platform", "platform_system", "platform_machine", "os_name")
    for name, package in PIPFILE_LOCK["default"].items():
        assert not any(word in package.get("markers", "") for word in platforms), name


def test_no_index_is_named() -> None:
    assert "source" not in PIPFILE
    assert PIPFILE_LOCK["_meta"]["sources"] == []
    assert not [n for n, package in PIPFILE_LOCK["default"].items() if "index" in package]


@pytest.mark.parametrize("name", [*LOCKS, "Pipfile"])
def test_no_lock_holds_a_url(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text.replace("--no-emit-index-url", "")
    assert "--find-links" not in text
