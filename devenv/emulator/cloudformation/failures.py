"""Why a stack failed, in AWS's words."""

from collections.abc import Mapping
from typing import Any

VERBS = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}
FAILED = "_FAILED"


def failure(resources: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Which resources of a stack have failed, in AWS's words, and why; None if none has."""
    failed = {n: r for n, r in resources.items() if r["ResourceStatus"].endswith(FAILED)}
    if not failed:
        return None
    status = next(iter(failed.values()))["ResourceStatus"]
    verb = VERBS.get(status.removesuffix(FAILED), "deploy")
    reasons = [f"{n}: {why}" for n, r in failed.items() if (why := r.get("ResourceStatusReason"))]
    listed = ", ".join(failed)
    return " ".join([f"The following resource(s) failed to {verb}: [{listed}].", *reasons])
