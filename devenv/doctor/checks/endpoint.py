"""Everything else depends on it."""

from devenv.doctor.facts import Facts, NoAnswer, Stranger
from devenv.doctor.finding import Finding, well, wrong

NAME = "The endpoint answers"


def check(facts: Facts) -> Finding:
    settings = facts.settings
    try:
        found = facts.endpoint
    except Stranger as stranger:
        return wrong(
            f"something answers at {settings.endpoint}, but not as AWS does: {stranger}",
            "Stop that program, or set AWS_ENDPOINT_URL to the emulator's address.",
        )
    except NoAnswer as error:
        if start := facts.commands.start:
            log = facts.commands.logs("emulator")
            cure = f"Start it with {start}. Where it has run before, {log} has its last words."
        elif facts.is_aws:
            cure = f"Check the network, and that the region {settings.region} is AWS's."
        else:
            cure = "Check AWS_ENDPOINT_URL."
        cause = error.__cause__ or error
        reason = getattr(cause, "reason", cause)
        return wrong(f"{settings.endpoint} does not answer ({reason})", cure)
    if found.missing_plugins:
        return wrong(
            f"{found.what} at {settings.endpoint} runs without {', '.join(found.missing_plugins)}",
            f"Run scripts/setup to install the entry points, then {facts.commands.restart}.",
        )
    return well(found.what + (f" at {settings.endpoint}" if settings.endpoint_url else ""))
