"""What a check finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """All is well, or something is wrong and has a cure, or it could not be looked at."""

    ok: bool | None
    """None: not looked at, `detail` says why."""
    detail: str
    cure: str | None = None
    """What to do, if something is wrong."""


def well(detail: str) -> Finding:
    return Finding(True, detail)


def wrong(detail: str, cure: str) -> Finding:
    return Finding(False, detail, cure)


def skipped(reason: str) -> Finding:
    return Finding(None, reason)


class Unknown(Exception):
    """Something that can't be known here, and why; checks that need it are skipped."""
