"""What the bootstrap and `devenv publish` made on an endpoint, found again and removed.

By known names and the tag on them: what has the name but not the tag is somebody else's and stays.
Nothing here asks; the command does. What MLflow's registry holds is not touched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.bootstrap.tags import TAG
from devenv.settings import Settings
from devenv.teardown.resources import KINDS, Resource
from devenv.wait import wait_for

Say = Callable[[str], None]

GONE_TIMEOUT = 180.0
"""Seconds until a resource must be gone: AWS takes up to a minute for a stream or a mapping."""


@dataclass
class Found:
    """What there is under the settings' names, in the order in which it can be removed."""

    ours: list[Resource] = field(default_factory=list)
    others: list[Resource] = field(default_factory=list)
    """Without the tag, or with another function's."""


def find(settings: Settings, aws: Aws) -> Found:
    """Look for each resource that the bootstrap may have made."""
    found = Found()
    for kind in KINDS:
        for resource in kind(settings, aws):
            own = resource.tags.get(TAG) == settings.function_name
            (found.ours if own else found.others).append(resource)
    return found


def remove(found: Found, say: Say) -> None:
    """Remove what is ours, one by one, and return when all of it is gone. A second call goes on
    where a first one broke off."""
    for resource in found.ours:
        _unless_gone(resource.remove)
        say(f"{resource.kind} {resource.name}: removed")
    for resource in found.ours:
        wait_for(
            resource.is_gone,
            timeout=GONE_TIMEOUT,
            interval=0.5,
            failure=f"{resource.kind} {resource.name} is still there {GONE_TIMEOUT:.0f} s after it "
            "was deleted. Run `devenv teardown` again.",
        )


def _unless_gone(call: Callable[[], object]) -> None:
    """Somebody else may have removed it since it was listed."""
    try:
        call()
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
