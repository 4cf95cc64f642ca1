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
    mine = [use for use in uses if use["role"] == role]
    allowed = {(use["action"], use["resource"]) for use in mine if use["allowed"]}
    denied = [
        f"{use['action']} on {use['resource']} ({use['count']} times)"
        for use in mine
        if not use["allowed"] and (use["action"], use["resource"]) not in allowed
    ]
    if not denied:
        return well(f"{len(allowed)} actions used, none denied" if mine else "nothing used yet")
    return wrong(
        f"denied: {'; '.join(denied)}",
        f"Allow it in a policy of {role}; `devenv bootstrap` puts back the policies that the "
        "function needs (`devenv bootstrap --explain` shows them).",
    )
