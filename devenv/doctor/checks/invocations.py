"""What the function's last log says, in plain words."""

from devenv.doctor.diagnosis import diagnose
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.doctor.function_log import FAILURE, Rejected

NAME = "The function's last invocation went well"


def check(facts: Facts) -> Finding:
    commands = facts.commands
    if not facts.invocations:
        return skipped(
            f"it has not run since its last change: try {commands.devenv('put')}, "
            f"{commands.devenv('invoke')}"
        )
    last = facts.invocations[-1]
    if not last.failed and not last.init_timed_out:
        if last.rejected:
            return wrong(str(last.rejected), _right_event(facts, last.rejected))
        return well(f"{last.report.get('Duration', 0):.0f} ms")
    if known := diagnose(last.text, facts.failed):
        return wrong(known.what, known.cure)
    lines = (line for line in last.text.splitlines() if FAILURE.search(line))
    return wrong(
        next(lines, "init failed")[:300],
        f"{commands.logs('function')} says where it happened.",
    )


def _right_event(facts: Facts, rejected: Rejected) -> str:
    """Its neighbours went through; what is left is to put it as it should be."""
    cli = (
        " (With AWS CLI v2 add --cli-binary-format raw-in-base64-out, or it takes the text for "
        "base64 and sends something else.)"
        if rejected.reason.startswith("data:")
        else ""
    )
    return (
        f"Put it again as the pipeline has it: {facts.commands.devenv('put')} takes its fields, "
        f"and says what is wrong with one.{cli}"
    )
