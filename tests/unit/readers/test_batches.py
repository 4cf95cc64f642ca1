"""What the reader makes of the emulator's page on batches, and says where there's none."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from emulator.mapping.kept_history import attempt, entry, failure, number
from fake_aws import FakeAws

from devenv.emulator.mapping.history import feed
from devenv.emulator.mapping.history import filters as emulators
from devenv.emulator.mapping.history.entries import Entry, Result, Then
from devenv.readers.batches import (
    Batch,
    Filters,
    Page,
    batch,
    follow_batches,
    read_batches,
)
from devenv.readers.unknown import Unknown

SEEN = datetime(2026, 11, 25, 10, 15, tzinfo=UTC)


def here(is_aws: bool = False) -> Any:
    return FakeAws(is_aws=is_aws)


def page(*entries: Entry, **more: Any) -> bytes:
    """As the emulator shows it."""
    content = {"kept": True, "batches": [e.shown() for e in entries], "next": None, "left_out": 0}
    return json.dumps(content | more).encode()


def read(*entries: Entry) -> list[Batch]:
    found = read_batches(Filters(), here(), lambda _: page(*entries))
    assert isinstance(found, Page)
    return found.batches


POISON = entry(
    7,
    failure(1, then=Then.SPLIT, parts=(2, 1)),
    attempt(2, parent=1),
    failure(3, parent=1, parts=(1,), backoff=0.1),
    failure(4, parent=3, then=Then.DISCARDED, discarded=1, sent=True),
)


def test_what_the_emulator_shows_is_what_is_read() -> None:
    """The two know nothing of each other, but for this page."""
    (found,) = read(POISON)
    shown = json.loads(json.dumps(POISON.shown()))
    for name, value in asdict(found).items():
        if name in ("began", "ended"):
            assert value.timestamp() * 1000 == shown[name]
        elif name != "attempts":
            assert value == shown[name], name
    assert set(asdict(found)) == set(shown)
    for read_attempt, shown_attempt in zip(found.attempts, shown["attempts"], strict=True):
        assert set(asdict(read_attempt)) == set(shown_attempt)
        assert list(read_attempt.parts) == shown_attempt["parts"]
        assert read_attempt.result == shown_attempt["result"]


def test_the_tree_is_walked_from_its_root() -> None:
    (found,) = read(POISON)
    (first,) = found.following(None)
    second, third = found.following(first)
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert found.following(second) == []
    assert [each.number for each in found.following(third)] == [4]
    assert found.last_failure is not None
    assert found.last_failure.number == 4


def test_what_follows_from_attempts_that_were_left_out_hangs_on_the_last_before() -> None:
    """Of very many attempts the emulator keeps the first and the last."""
    made = entry(1, *(failure(n, parent=n - 1 or None) for n in range(1, 300)))
    (found,) = read(made)
    reached, todo = 0, found.following(None)
    while todo:
        (each,) = todo
        reached += 1
        todo = found.following(each)
    assert reached == len(found.attempts) == 200


def test_it_says_whether_a_record_is_in_it() -> None:
    (found,) = read(entry(1))
    assert found.covers(number(1))
    assert found.covers(number(3))
    assert not found.covers(number(4))
    assert found.attempts[0].covers(number(2))
    (refused,) = read(
        entry(2, failure(result=Result.ROLE_REFUSED, span=None, then=Then.WAIT), span=None)
    )
    assert not refused.covers(number(1))


def test_what_a_later_version_adds_is_passed_over() -> None:
    shown = POISON.shown() | {"surprise": 1}
    assert isinstance(batch(json.loads(json.dumps(shown))), Batch)


def test_filters_are_the_emulators() -> None:
    """All of them, as the page reads them."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return page(next=3, left_out=2)

    filters = Filters(
        id=1,
        mapping="f",
        shard="shardId-000000000000",
        failed=True,
        since=SEEN,
        request_id="r",
        sequence_number=number(1),
        before=9,
        limit=5,
    )
    assert read_batches(filters, here(), fetch) == Page([], 3, 2)
    url = urlsplit(asked[0])
    assert url.path == "/_devenv/batches"
    given = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert emulators.read_filters(given) == emulators.Filters(
        id=1,
        mapping="f",
        shard="shardId-000000000000",
        failed=True,
        since=int(SEEN.timestamp() * 1000),
        request_id="r",
        sequence_number=number(1),
        before=9,
        limit=5,
    )
    read_batches(Filters(), here(), fetch)
    assert urlsplit(asked[1]).query == "limit=50"


def never(url: str) -> Any:
    raise AssertionError(f"{url} was asked")


def test_on_aws_it_says_why_it_can_not_be_known() -> None:
    """And asks nobody."""
    for found in (read_batches(Filters(), here(True), never), follow_batches(here(True), never)):
        assert isinstance(found, Unknown)
        assert "AWS doesn't tell" in str(found)


@pytest.mark.parametrize("body", [None, b"<Error/>", b"[]", b"{}", b'{"kept": true}'])
def test_another_emulator_has_no_such_page(body: bytes | None) -> None:
    found = read_batches(Filters(), here(), lambda _: body)
    assert isinstance(found, Unknown)
    assert "http://127.0.0.1:4566 has no page on that" in str(found)


def test_a_history_that_is_switched_off_says_so() -> None:
    found = read_batches(Filters(), here(), lambda _: page(kept=False))
    assert isinstance(found, Unknown)
    assert "DEVENV_HISTORY_BATCHES=0" in str(found)


def test_batches_are_followed_as_the_feed_tells_them() -> None:
    """Comments and ends between them are nothing."""

    def listen(url: str) -> Iterable[str]:
        assert url == "http://127.0.0.1:4566/_devenv/events"
        yield ": batches as they happen"
        for each in (entry(1), POISON):
            yield from feed.event(each).decode().split("\n")
            yield ": still there"

    found = follow_batches(here(), listen)
    assert not isinstance(found, Unknown)
    assert [(b.id, b.attempts_made) for b in found] == [(1, 1), (7, 4)]


def test_where_nothing_can_be_followed_it_says_so() -> None:
    assert isinstance(follow_batches(here(), lambda _: ()), Unknown)
