"""LocalStack 4.14 runs on one version of Python only; others fail at import, far from the cause."""

import re

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, well, wrong

NAME = "Python is the version that this project runs on"


def check(facts: Facts) -> Finding:
    version, required = facts.machine.python_version(), facts.machine.requires_python()
    lowest = re.search(r">=\s*(\d+\.\d+)", required)
    wanted = lowest[1] if lowest else required
    if version.startswith(f"{wanted}."):
        return well(version)
    return wrong(
        f"it is {version}, and devenv needs {required}",
        f"Install Python {wanted} (pyenv install {wanted}), delete .venv, and run scripts/setup.",
    )
