"""A `pip install` of something else can bring versions with which the emulator no longer starts."""

import re

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong

NAME = "The installed packages are those of requirements.lock"

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)


def check(facts: Facts) -> Finding:
    lock = facts.settings.root / "requirements.lock"
    if not lock.is_file():
        return skipped(f"{facts.settings.root} has no requirements.lock")
    pins: dict[str, set[str]] = {}  # Markers may give a package several versions.
    for name, version in PIN.findall(lock.read_text()):
        pins.setdefault(name, set()).add(version)
    installed = facts.machine.installed(list(pins))
    others = [
        f"{name} {version} rather than {' or '.join(sorted(pins[name]))}"
        for name, version in installed.items()
        if version not in pins[name]
    ]
    if not others:
        return well(f"{len(installed)} of them")
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return wrong("; ".join(others[:3]) + more, "Run scripts/setup: it installs the lock again.")
