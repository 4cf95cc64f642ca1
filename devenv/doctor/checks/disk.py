"""Streams, models and logs are kept on disk, and SQLite fails in odd ways when that is full."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "There is room on the disk"

LOWEST = 1.0
"""GB: the function's packages, MLflow's and the emulator's files, and some records."""


def check(facts: Facts) -> Finding:
    home = facts.settings.home
    free = facts.machine.free_bytes(home) / 1e9
    if free >= LOWEST:
        return well(f"{free:.0f} GB free where {home} is")
    return wrong(
        f"{free:.1f} GB free where {home} is",
        f"Make room ({facts.commands.purge} deletes all state, `docker system prune` unused "
        "images), or set DEVENV_HOME to a folder on another disk.",
    )
