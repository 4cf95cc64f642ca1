"""`devenv trace`: one event's way through the system, with the time of each step."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from devenv.commands.batch_lines import NUMBER, error_of, what_followed
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.commands.moments import since_option
from devenv.commands.record_lines import (
    clock,
    cut,
    short_number,
    short_shard,
    values,
    words,
)
from devenv.output import counted
from devenv.readers.failures import GivenUp
from devenv.readers.invocation_logs import Invocation
from devenv.readers.records import Record, decode
from devenv.readers.ways import Step, Tried, Way, find_ways

INDENT = " " * 10
LINES = 12
"""Of an invocation's log."""
USUAL = ("timestamp", "time", "level", "log_level", "message", "logger", "requestId", "stackTrace")
"""Fields of a JSON line that say nothing here that isn't said otherwise."""


@click.command()
@click.argument("id")
@since_option("Look only at what was put since then: a time (10:15) or how long ago (15m).")
@pipeline_option
@json_option
@pass_context
def trace(context: Context, id: str, since: datetime | None, as_json: bool) -> None:
    """Print the way of the event with this ID, or of the record with this sequence number.

    When and where it was put, its batch and attempts, what the function logged, its prediction or
    its failure message; for each time that it was put. On AWS streams and logs tell, and it is said
    what they can't.
    """
    output = context.output(as_json)
    context.say(f"Looking through {context.settings.input_stream} …")
    ways = find_ways(id, context.settings, context.pipeline.shape, context.aws, since)
    for number, way in enumerate(ways, start=1):
        if as_json:
            output.data("", **shown(way))
            continue
        if len(ways) > 1:
            output.data(f"Put {number} of {len(ways)}")
        for line in lines(way):
            output.data(line)
        for unknown in way.unknown:
            context.say(f"{unknown}")


def lines(way: Way) -> Iterator[str]:
    for step in way.steps():
        since_put = (step.moment - way.record.arrived).total_seconds() * 1000
        first, *others = _told(way, step)
        yield cut(f"{since_put:>6,.0f} ms  {clock(step.moment, True)}  {first}")
        yield from (cut(INDENT + each) for each in others)
    if not (way.predictions or way.given_up):
        yield from (cut(INDENT + each) for each in _still(way).split("\n"))


def _still(way: Way) -> str:
    """What can be said where it hasn't come out."""
    if not way.attempts:
        return "Not predicted, and not given up: nothing else is known of it."
    last = way.attempts[-1]
    if last.batch.state == "UNDER_WAY":
        return "Not predicted, and not given up: it is being tried."
    if last.attempt.then == "DISCARDED":
        told = last.attempt.destination
        who = told.rpartition(":")[2] if told else "nobody"
        rest = "\nIt has no message about it any more: redriven, or deleted." if told else ""
        return f"Given up; {who} was told.{rest}"
    return "Delivered; there is neither a prediction nor a message about it."


def _told(way: Way, step: Step) -> Iterator[str]:
    what = step.what
    if isinstance(what, Tried):
        batch = what.batch
        tried = what.attempt
        yield (
            f"batch {batch.id}, attempt {tried.number}: {counted(tried.count, 'record')}, "
            f"{error_of(tried) if tried.result != 'OK' else 'OK'}"
        )
        if then := what_followed(tried):
            yield f"→ {then}"
        invocation = way.invocation_of(what.attempt)
        if invocation is not None:
            yield from _log(invocation)
        elif what.attempt.request_id:
            yield f"request {what.attempt.request_id}: its log isn't there (yet)"
    elif isinstance(what, Invocation):
        yield f"invoked: {what.outcome}{f', {what.error}' if what.error else ''}"
        yield from _log(what)
    elif isinstance(what, GivenUp):
        yield f"given up: {what.condition} after {counted(what.attempts, 'attempt')}"
        yield f"message {what.id}"
        yield f"`devenv redrive {what.id[:8]}` sends it again"
    elif step.kind == "PUT":
        yield f"put on {what.stream} {short_shard(what.shard_id)}, key {what.partition_key}"
        yield what.sequence_number
        yield words(what)
    else:
        yield f"predicted on {what.stream} {short_shard(what.shard_id)}"
        yield words(what)


def _log(invocation: Invocation) -> Iterator[str]:
    """Its request, its figures and its lines."""
    yield f"request {invocation.request_id[:8]}{_figures(invocation)}"
    shown = [
        line
        for each in invocation.lines
        for line in each.text.splitlines()
        if line.strip() and not line.startswith(("START ", "END ", "REPORT "))
    ]
    yield from (f"  {log_words(line)}" for line in shown[:LINES])
    if len(shown) > LINES:
        yield f"  … and {len(shown) - LINES} more lines (--json shows all)"


def log_words(line: str) -> str:
    """A line of a log; of one in JSON what it says, without what all of them have."""
    value, encoding = decode(line.encode())
    if encoding != "json" or not isinstance(value, dict) or "message" not in value:
        return line
    rest = [f"{name}={part}" for name, part in value.items() if name not in USUAL]
    words = "  ".join([f"{value.get('level', '')} {value['message']}".strip(), *rest])
    return NUMBER.sub(lambda found: short_number(found[0]), words)


def _figures(invocation: Invocation) -> str:
    parts = ["cold start"] if invocation.cold else []
    if invocation.init_ms is not None:
        parts[-1] += f" in {invocation.init_ms:,.0f} ms"
    if invocation.duration_ms is not None:
        parts.append(f"ran {invocation.duration_ms:,.0f} ms")
    if invocation.max_memory_mb is not None:
        parts.append(f"{invocation.max_memory_mb:.0f} of {invocation.memory_mb:.0f} MB")
    return "".join(f", {part}" for part in parts)


def shown(way: Way) -> dict[str, Any]:
    """The same for programs, in full."""
    return {
        "record": _record(way.record),
        "steps": [
            {
                "kind": step.kind,
                "moment": step.moment.isoformat(),
                "ms": round((step.moment - way.record.arrived).total_seconds() * 1000, 3),
                **_named(step.what),
            }
            for step in way.steps()
        ],
        "attempts": [
            {"batch": tried.batch.id, "state": tried.batch.state, **asdict(tried.attempt)}
            for tried in way.attempts
        ],
        "invocations": [asdict(each) for each in way.invocations],
        "predictions": [_record(each) for each in way.predictions],
        "given_up": [asdict(each) for each in way.given_up],
        "unknown": [asdict(each) for each in way.unknown],
    }


def _record(record: Record) -> dict[str, Any]:
    return {"stream": record.stream, **values(record)}


def _named(what: "Record | Tried | Invocation | GivenUp") -> dict[str, Any]:
    """By what a step is found among the rest."""
    if isinstance(what, Tried):
        return {"batch": what.batch.id, "attempt": what.attempt.number}
    if isinstance(what, Invocation):
        return {"request_id": what.request_id}
    if isinstance(what, GivenUp):
        return {"id": what.id}
    return {"sequence_number": what.sequence_number}
