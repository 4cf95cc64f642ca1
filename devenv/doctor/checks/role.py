"""What the function tried and its role forbids, by the emulator's own record."""

from devenv.doctor.diagnosis import policy
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
    role = facts.function["Configuration"].get("Role", "")
    # What was used last stands last; a policy may have come or gone since an earlier entry.
    latest = {(use["action"], use["resource"]): use for use in uses if use["role"] == role}
    denied = {key: use for key, use in latest.items() if not use["allowed"]}
    if not denied:
        return well(f"{len(latest)} actions used, none denied" if latest else "nothing used yet")
    words = "; ".join(f"{a} on {r} ({use['count']} times)" for (a, r), use in denied.items())
    return wrong(f"denied: {words}", _cure(facts, role.rpartition("/")[2], *next(iter(denied))))


def _cure(facts: Facts, role: str, action: str, resource: str) -> str:
    """It is past once the function does the same and is allowed to."""
    allow = facts.commands.aws(
        f"iam put-role-policy --role-name {role} --policy-name allowed-by-hand "
        f"--policy-document '{policy(action, resource)}'"
    )
    by_hand = f"If it is what is meant, allow it: {allow}. This is past once it's done again."
    if facts.is_zip:
        return by_hand
    explain = facts.commands.devenv("bootstrap --explain")
    return (
        f"{facts.commands.make} puts back the policies that the function needs ({explain} shows "
        f"them). {by_hand}"
    )
