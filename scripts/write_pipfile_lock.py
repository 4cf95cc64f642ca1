"""Writes Pipfile.lock: what Pipfile asks for, at the versions that requirements.lock has.

uv resolves (Pipenv can't be held to another lock's versions: it does not apply constraints to
what it finds on the way), and this writes the result in Pipenv's format, without `sources`
and without `index` keys. Run by scripts/lock, which then has Pipenv verify it.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?$")


def requirements(pipfile: dict[str, Any]) -> list[str]:
    """`[packages]` as requirement lines; only `name = "specifier"` entries are understood."""
    lines = []
    for name, specifier in pipfile["packages"].items():
        if not isinstance(specifier, str):
            raise SystemExit(f"Pipfile: {name}: expected a version specifier, got {specifier}")
        lines.append(name if specifier == "*" else name + specifier)
    return lines


def resolve(uv: str, wanted: list[str], python: str) -> str:
    """uv's answer for every platform: `name==version ; marker` lines with their hashes.

    Run at the project's root, where pyproject.toml limits it to the locked Python.
    """
    command = [uv, "pip", "compile", "-", "--quiet", "--universal", "--python", python]
    command += ["--constraints", "requirements.lock", "--generate-hashes", "--no-header"]
    command += ["--no-annotate", "--no-emit-index-url"]
    answer = subprocess.run(
        command, input="\n".join(wanted), stdout=subprocess.PIPE, text=True, check=False
    )
    if answer.returncode:
        raise SystemExit(answer.returncode)  # uv has said why
    return answer.stdout


def packages(resolved: str) -> dict[str, dict[str, Any]]:
    """uv's answer as Pipfile.lock's `default` section."""
    found: dict[str, dict[str, Any]] = {}
    for block in resolved.replace("\\\n", "").splitlines():
        head, *hashes = block.split(" --hash=")
        pin = PIN.match(head.strip())
        if pin is None or pin["name"] in found or not hashes:
            raise SystemExit(f"uv's answer has a line that this script does not know: {head}")
        package = {"hashes": sorted(h.strip() for h in hashes), "version": f"=={pin['version']}"}
        if pin["marker"]:
            package["markers"] = pin["marker"]
        found[pin["name"]] = package
    return found


def pipfile_hash() -> str:
    """The digest by which Pipenv knows that a lock belongs to a Pipfile, by Pipenv's own code."""
    from pipenv.vendor.plette import Pipfile  # type: ignore[import-untyped]

    with Path("Pipfile").open() as file:
        return str(Pipfile.load(file).get_hash().value)


def main(uv: str) -> None:
    pipfile = tomllib.loads(Path("Pipfile").read_text())
    python = pipfile["requires"]["python_version"]
    lock = {
        "_meta": {
            "hash": {"sha256": pipfile_hash()},
            "pipfile-spec": 6,
            "requires": pipfile["requires"],
            "sources": [],
        },
        "default": packages(resolve(uv, requirements(pipfile), python)),
        "develop": {},
    }
    Path("Pipfile.lock").write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
