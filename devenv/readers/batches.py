"""What became of each batch, from the emulator's pages: AWS tells nobody.

The pages are `/_devenv/batches` and `/_devenv/events`, made by `devenv.emulator.mapping.history`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from devenv import pages
from devenv.aws import Aws
from devenv.readers.unknown import Unknown

WHAT = "What became of each batch"
NOT_ON_AWS = (
    "AWS doesn't tell. The function's log has its invocations (`devenv logs`), `devenv failures` "
    "what was given up, and CloudWatch the metrics Errors and IteratorAge."
)
SWITCHED_OFF = "the emulator was started with DEVENV_HISTORY_BATCHES=0."
PAGE = 50

Fetch = Callable[[str], bytes | None]
Listen = Callable[[str], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One node of a batch's tree: an invocation, or what kept it from taking place."""

    number: int
    parent: int | None
    """The attempt of which this is a retry or a part."""
    began: datetime
    duration_ms: float | None
    first_sequence_number: str | None
    last_sequence_number: str | None
    count: int
    request_id: str | None
    version: str | None
    result: str
    """OK, PARTIAL, ERROR, TIMEOUT, THROTTLED, NOT_RUN, ROLE_REFUSED or EXPIRED."""
    error_type: str | None
    error: str | None
    done: int
    then: str
    """DONE, RETRY, SPLIT, DISCARDED or WAIT."""
    backoff: float
    """Seconds until what is left is tried again."""
    parts: tuple[int, ...]
    """How many records each part that is tried next has."""
    discarded: int
    condition: str | None
    destination: str | None
    sent: bool | None
    """Whether the destination took the message about what was discarded."""
    response: str | None
    """The beginning of what the function answered."""

    def covers(self, sequence_number: str) -> bool:
        return _is_between(self.first_sequence_number, sequence_number, self.last_sequence_number)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch with its attempts, in order; of very many those in the middle are left out."""

    id: int
    mapping: str
    """UUID; a mapping made anew has another."""
    function: str
    source: str
    shard: str
    lane: int
    lanes: int
    kind: str
    """BATCH, WINDOW_END (a tumbling window's last invocation) or READ_REFUSED (by the role)."""
    state: str
    """UNDER_WAY, DONE, STOPPED (with the mapping) or INTERRUPTED (with the emulator)."""
    began: datetime
    ended: datetime | None
    first_sequence_number: str | None
    last_sequence_number: str | None
    count: int
    checkpoint_before: int
    checkpoint_after: int | None
    failed: bool
    """Whether an attempt did."""
    discarded: int
    attempts_made: int
    attempts: tuple[Attempt, ...] = field(repr=False)

    def following(self, attempt: Attempt | None) -> list[Attempt]:
        """The attempts that follow from one; from None, the first. One whose own parent was left
        out follows from the last that there is before it."""
        known = {each.number for each in self.attempts}
        number = attempt.number if attempt else None
        found = []
        before: int | None = None
        for each in self.attempts:
            parent = each.parent if each.parent is None or each.parent in known else before
            if parent == number:
                found.append(each)
            before = each.number
        return found

    def covers(self, sequence_number: str) -> bool:
        return _is_between(self.first_sequence_number, sequence_number, self.last_sequence_number)

    @property
    def last_failure(self) -> Attempt | None:
        return next((each for each in reversed(self.attempts) if each.result != "OK"), None)


@dataclass(frozen=True)
class Filters:
    """All that is given has to hold."""

    id: int | None = None
    mapping: str | None = None
    """A mapping's UUID, or a function's name or ARN."""
    shard: str | None = None
    failed: bool = False
    since: datetime | None = None
    request_id: str | None = None
    sequence_number: str | None = None
    before: int | None = None
    limit: int = PAGE


@dataclass(frozen=True)
class Page:
    """The newest first."""

    batches: list[Batch]
    next: int | None
    """The filter `before` of the page that follows; None after the last."""
    left_out: int
    """Batches that were too many to be written down since the emulator's start."""


def read_batches(filters: Filters, aws: Aws, fetch: Fetch = pages.fetch) -> Page | Unknown:
    if aws.is_aws:
        return Unknown(WHAT, NOT_ON_AWS)
    body = fetch(f"{aws.endpoint}/_devenv/batches?{_query(filters)}")
    try:
        content = json.loads(body or b"")
        if not content["kept"]:
            return Unknown(WHAT, SWITCHED_OFF)
        found = [batch(shown) for shown in content["batches"]]
        return Page(found, content["next"], content["left_out"])
    except (ValueError, TypeError, LookupError):
        return _no_page(aws)


def follow_batches(aws: Aws, listen: Listen = pages.lines) -> Iterator[Batch] | Unknown:
    """Each batch whenever something has become of it, until the emulator ends. One that grows
    comes again, with all of its attempts."""
    if aws.is_aws:
        return Unknown(WHAT, NOT_ON_AWS)
    lines = iter(listen(f"{aws.endpoint}/_devenv/events"))
    if not next(lines, "").startswith(":"):
        return _no_page(aws)
    return (
        batch(json.loads(line.removeprefix("data: "))) for line in lines if line.startswith("data:")
    )


def batch(shown: Mapping[str, Any]) -> Batch:
    """From the page's words. What this version doesn't know is passed over.

    Raises `KeyError` for what is missing.
    """
    values = {each.name: shown[each.name] for each in fields(Batch)}
    values |= {"began": _moment(shown["began"]), "ended": _moment(shown["ended"])}
    return Batch(**{**values, "attempts": tuple(map(_attempt, shown["attempts"]))})


def _attempt(shown: Mapping[str, Any]) -> Attempt:
    values = {each.name: shown[each.name] for each in fields(Attempt)}
    return Attempt(**{**values, "began": _moment(shown["began"]), "parts": tuple(shown["parts"])})


def _query(filters: Filters) -> str:
    given: dict[str, object] = {
        each.name: value
        for each in fields(Filters)
        if (value := getattr(filters, each.name)) not in (None, False)
    }
    if filters.since is not None:
        given["since"] = int(filters.since.timestamp() * 1000)
    if filters.failed:
        given["failed"] = 1
    return urlencode(given)


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _is_between(first: str | None, number: str, last: str | None) -> bool:
    return first is not None and last is not None and int(first) <= int(number) <= int(last)


def _no_page(aws: Aws) -> Unknown:
    return Unknown(
        WHAT,
        f"{aws.endpoint} has no page on that: it isn't there, or is another emulator, or an older "
        "devenv's (`devenv status` and `devenv doctor` say which).",
    )
