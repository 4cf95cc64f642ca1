"""Which batches are asked for, by the parameters of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from devenv.emulator.kinesis.records import sequence_numbers

LIMIT, MOST = 50, 500
"""How many batches a page has by default, and at most."""


class BadFilter(ValueError):
    """A parameter can't be one; the text says what it has to be."""


@dataclass(frozen=True)
class Filters:
    """All that is given has to hold."""

    id: int | None = None
    mapping: str | None = None
    """A mapping's UUID, or a function's name or ARN."""
    shard: str | None = None
    failed: bool = False
    """Only those with an attempt that failed."""
    since: int | None = None
    """Only those that ended then or later, or are under way: milliseconds since the epoch."""
    request_id: str | None = None
    sequence_number: str | None = None
    """Of a record of the batch."""
    before: int | None = None
    """Only those with a lower id: where a page ended."""
    limit: int = LIMIT


def read_filters(parameters: Mapping[str, str]) -> Filters:
    """Raises BadFilter."""
    known = {each.name for each in fields(Filters)}
    if unknown := sorted(parameters.keys() - known):
        raise BadFilter(f"{unknown[0]} is no filter; there are {', '.join(sorted(known))}.")
    number = parameters.get("sequence_number")
    if number is not None and not (number.isascii() and number.isdecimal()):
        raise BadFilter(f"sequence_number={number} is not a number.")
    limit = _number(parameters, "limit") or LIMIT
    if limit > MOST:
        raise BadFilter(f"limit={limit} is over {MOST}: take the next page by `before`.")
    return Filters(
        id=_number(parameters, "id"),
        mapping=parameters.get("mapping"),
        shard=parameters.get("shard"),
        failed=parameters.get("failed", "0") not in ("", "0", "false"),
        since=_number(parameters, "since"),
        request_id=parameters.get("request_id"),
        sequence_number=number,
        before=_number(parameters, "before"),
        limit=limit,
    )


def _number(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise BadFilter(f"{name}={text} is not a whole number from 0 up.")
    return int(text)


def condition(filters: Filters) -> tuple[str, list[object]]:
    """The filters in SQL, on `batches` with `mappings`, and what its question marks stand for."""
    parts: list[str] = []
    values: list[object] = []

    def add(part: str, *given: object) -> None:
        parts.append(part)
        values.extend(given)

    if filters.id is not None:
        add("batches.id = ?", filters.id)
    if filters.mapping is not None:
        name = filters.mapping
        add(
            "(uuid = ? OR function = ? OR instr(function || ':', ?) > 0)",
            *(name, name, f":function:{name}:"),
        )
    if filters.shard is not None:
        add("shard = ?", filters.shard)
    if filters.failed:
        add("failed")
    if filters.since is not None:
        add("(ended IS NULL OR ended >= ?)", filters.since)
    if filters.request_id is not None:
        add("batches.id IN (SELECT batch FROM attempts WHERE request_id = ?)", filters.request_id)
    if filters.sequence_number is not None:
        number = sequence_numbers.parse(filters.sequence_number)
        if number is None:  # Of a record that this emulator has never had.
            add("0")
        else:
            # All numbers of a shard have as many digits, so that they compare as text.
            add("shard = ?", f"shardId-{number.shard:012d}")
            add("first <= ? AND last >= ?", str(number), str(number))
    if filters.before is not None:
        add("batches.id < ?", filters.before)
    return " AND ".join(parts) or "1", values
