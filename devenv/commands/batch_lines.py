"""Batches as lines for people: one line for each, or one with its attempts as a tree."""

import re
from collections.abc import Iterator

from devenv.commands.record_lines import clock, cut, short_number, short_shard
from devenv.output import counted
from devenv.readers.batches import Attempt, Batch

WIDTH = 80
NUMBER = re.compile(r"\d{20,}")
"""A sequence number, of which the end is enough for people."""


def batch_line(batch: Batch) -> str:
    """When, where, how much, and what came of it."""
    start = (
        f"#{batch.id:<6} {clock(batch.began)}  {short_shard(batch.shard):<8} "
        f"{counted(batch.count, 'record'):>12}  "
    )
    return cut_after(start, outcome(batch))


def outcome(batch: Batch) -> str:
    """What came of a batch, in a few words."""
    failure = batch.last_failure
    if batch.kind == "READ_REFUSED":
        words = "not read now" if batch.state == "UNDER_WAY" else "was not read"
        return f"{words}: {failure.error}" if failure else words
    parts = [] if batch.kind == "BATCH" else ["end of the window"]
    match batch.state:
        case "UNDER_WAY":
            parts.append("under way" if failure is None else "trying again")
        case "STOPPED" | "INTERRUPTED":
            parts.append(f"{batch.state.lower()}, comes again")
    if failure is None:
        if batch.state == "DONE":
            parts.append(f"OK{_took(batch.attempts[0]) if batch.attempts else ''}")
        return "  ".join(parts)
    parts.append(counted(batch.attempts_made, "attempt"))
    if batch.discarded:
        parts.append(f"{batch.discarded} given up")
    return f"{', '.join(parts)}: {error_of(failure)}"


def error_of(attempt: Attempt) -> str:
    """The result, and the error if there is one."""
    if attempt.result == "PARTIAL" and (found := NUMBER.search(attempt.error or "")):
        return f"PARTIAL at {short_number(found[0])}"
    kind = attempt.error_type if attempt.result == "ERROR" else attempt.result
    return ": ".join(part for part in (kind, attempt.error) if part) or attempt.result


def batch_tree(batch: Batch) -> Iterator[str]:
    """The batch in full: a head, and a line for each attempt, below the one that it follows."""
    stream, function = (
        batch.source.partition("stream/")[2],
        batch.function.partition("function:")[2],
    )
    lane = f", lane {batch.lane + 1} of {batch.lanes}" if batch.lanes > 1 else ""
    yield cut(f"Batch {batch.id}: {stream} → {function}, {short_shard(batch.shard)}{lane}")
    ended = f"to {clock(batch.ended, True)}" if batch.ended else "and goes on"
    if batch.state == "INTERRUPTED":
        ended = "until the emulator ended"
    after = "–" if batch.checkpoint_after is None else str(batch.checkpoint_after)
    yield (
        f"  {counted(batch.count, 'record')}, {clock(batch.began, True)} {ended}, "
        f"checkpoint {batch.checkpoint_before} → {after}"
    )
    if batch.first_sequence_number:
        yield f"  from {batch.first_sequence_number}"
        yield f"  to   {batch.last_sequence_number}"
    for first in batch.following(None):
        yield from _branch(batch, first, "", "")
    if (left_out := batch.attempts_made - len(batch.attempts)) > 0:
        yield f"  ({left_out} attempts in the middle are not kept)"


def _branch(batch: Batch, attempt: Attempt, before: str, below: str) -> Iterator[str]:
    """An attempt and what follows from it. What alone follows stands at the same depth, so that
    many retries don't move to the right."""
    while True:
        yield attempt_line(attempt, before)
        following = batch.following(attempt)
        if len(following) != 1:
            break
        (attempt,), before = following, below
    for place, each in enumerate(following):
        last = place == len(following) - 1
        branch, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _branch(batch, each, below + branch, below + rest)


def attempt_line(attempt: Attempt, before: str = "") -> str:
    """Its number, how many records, what came of it and what followed."""
    start = f"{before}{attempt.number}  {counted(attempt.count, 'record')}  "
    if attempt.result in ("OK", "EXPIRED"):
        words = f"{attempt.result}{_took(attempt)}"
    else:
        words = f"{error_of(attempt)}{_took(attempt)}"
    then = what_followed(attempt)
    if not then:
        return cut_after(start, words)
    room = WIDTH - len(start) - len(then) - 4
    return cut(f"{start}{cut(words, max(room, 12))}  → {then}")


def what_followed(attempt: Attempt) -> str:
    done = f"{attempt.done} done, " if attempt.done and attempt.then != "DONE" else ""
    match attempt.then:
        case "SPLIT":
            return f"{done}parts of {' and '.join(map(str, attempt.parts))}"
        case "RETRY":
            left = f"{attempt.parts[0]} " if done else ""
            pause = f" after {attempt.backoff:.1f} s" if attempt.backoff else ""
            return f"{done}{left}again{pause}"
        case "DISCARDED":
            return f"{done}given up{_told(attempt)}"
        case "WAIT":
            return "until it may"
    return ""


def _told(attempt: Attempt) -> str:
    if attempt.destination is None:
        return ""
    name = attempt.destination.rpartition(":")[2]
    return f", {cut(name, 24)} told" if attempt.sent else f", {cut(name, 20)} NOT told"


def _took(attempt: Attempt) -> str:
    if attempt.duration_ms is None:
        return ""
    return f" in {attempt.duration_ms:,.0f} ms"


def cut_after(start: str, words: str) -> str:
    return (start + cut(words, max(WIDTH - len(start), 12))).rstrip()
