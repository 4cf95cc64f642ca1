"""What the function tried and its role forbids, by the emulator's own record."""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong

NAME = "The role covers what the function did"


def check(facts: Facts) -> Finding:
    if facts.is_aws:
        return skipped("AWS tells in CloudTrail alone: look for errorCode AccessDenied")
    _ = facts.endpoint
    uses = facts.get(f"{facts.settings.endpoint_url}/_devenv/permissions").parsed()
    if not isinstance(uses, list):
        return skipped("not known here: this endpoint keeps no record of permissions")
    role = facts.function["Configuration"].get("Role")
    # What was used last stands last; a policy may have come or gone since an earlier entry.
    latest = {(use["action"], use["resource"]): use for use in uses if use["role"] == role}
    denied = [
        f"{action} on {resource} ({use['count']} times)"
        for (action, resource), use in latest.items()
        if not use["allowed"]
    ]
    if not denied:
        return well(f"{len(latest)} actions used, none denied" if latest else "nothing used yet")
    return wrong(
        f"denied: {'; '.join(denied)}",
        f"Allow it in a policy of {role}; `devenv bootstrap` puts back the policies that the "
        "function needs (`devenv bootstrap --explain` shows them).",
    )
