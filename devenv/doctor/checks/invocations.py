"""What the function's last log says, in plain words."""

import re

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.doctor.function_log import FAILURE
from devenv.doctor.known_errors import diagnose

NAME = "The function's last invocation went well"

REJECTED = re.compile(r'"message": ?"rejected".*"reason": ?"([^"]*)"')
"""What lambda_function.py logs of a record that holds no event."""


def check(facts: Facts) -> Finding:
    if not facts.invocations:
        return skipped("it has not run since its last change: try `devenv put`, `devenv invoke`")
    last = facts.invocations[-1]
    if not last.failed and not last.init_timed_out:
        rejected = REJECTED.search(last.text)
        if not rejected:
            return well(f"{last.report.get('Duration', 0):.0f} ms")
        cli = "; AWS CLI v2 needs --cli-binary-format raw-in-base64-out"
        return well(
            f"but it rejected a record ({rejected[1]}{cli if rejected[1][:5] == 'data:' else ''})"
        )
    if known := diagnose(last.text):
        return wrong(known.what, known.cure)
    lines = (line for line in last.text.splitlines() if FAILURE.search(line))
    return wrong(
        next(lines, "init failed")[:300], "See `devenv logs function` for where it happened."
    )
