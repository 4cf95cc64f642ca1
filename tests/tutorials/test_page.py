"""docs/tutorials.md says of each tutorial what the tests do."""

import re
from collections import Counter

import pytest

from . import (
    test_000_notes,
    test_001_streaming,
    test_001_web_service,
    test_002_own_streams,
    test_003_green_trips,
    test_004_bikes,
)
from .page import DOCS, anchors, counts, row, rows, section, text
from .steps import How, Seed, Step

PARTS: list[Seed] = [
    test_000_notes.SEED,
    test_001_web_service.SEED,
    test_001_streaming.SEED,
    test_002_own_streams.SEED,
    test_003_green_trips.SEED,
    test_004_bikes.SEED,
]
NUMBERS = sorted({part.number for part in PARTS})


def steps(number: str) -> list[Step]:
    return [step for part in PARTS if part.number == number for step in part.steps]


@pytest.mark.parametrize("number", NUMBERS)
def test_what_differs_is_in_its_table(number: str) -> None:
    """Every step that isn't typed as it is written, in order, and no other."""
    differing = [
        row(position, step.title, step.how, step.here)
        for position, step in enumerate(steps(number), 1)
        if step.how is not How.AS_WRITTEN
    ]
    assert rows(number) == differing, "\n".join(differing)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.number)
def test_account_and_region_are_named(part: Seed) -> None:
    """Those that the tests follow it with."""
    given = f"`ACCOUNT={part.account} AWS_DEFAULT_REGION={part.region}`"
    assert section(part.number).lstrip().startswith(given)


def test_how_many_steps_there_are_of_each_kind() -> None:
    """In the page's first table."""
    found = {number: Counter(step.how for step in steps(number)) for number in NUMBERS}
    assert counts() == {number: [kinds[how] for how in How] for number, kinds in found.items()}, (
        found
    )


def test_its_links_lead_somewhere() -> None:
    """To headings, of this page or another of docs/."""
    for page, name in re.findall(r"\]\(([\w-]+\.md)?(#[\w-]+)?\)", text()):
        assert not page or (DOCS / page).is_file(), page
        assert not name or name in anchors(page or "tutorials.md"), (page, name)
