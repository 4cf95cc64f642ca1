"""Log files: their last lines, and what is added to them, merged under labels."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.stack.log_files import follow, last_lines


class Enough(Exception):
    """Ends a follow."""


def followed(files: dict[str, Path], *steps: Callable[[], object]) -> list[tuple[str, str]]:
    """What is yielded while `steps` are taken, one in each pause."""
    left = list(steps)
    seen: list[tuple[str, str]] = []

    def sleep(seconds: float) -> None:
        if not left:
            raise Enough
        left.pop(0)()

    with contextlib.suppress(Enough):
        seen.extend(follow(files, sleep=sleep))
    return seen


def add(path: Path, text: str) -> Callable[[], object]:
    def step() -> None:
        with path.open("a") as file:
            file.write(text)

    return step


def test_last_lines_are_the_last(tmp_path: Path) -> None:
    """All of them where there are fewer, none where none are asked for or there's no file."""
    log = tmp_path / "a.log"
    log.write_text("1\n2\n3\n")
    assert last_lines(log, 2) == ["2", "3"]
    assert last_lines(log, 9) == ["1", "2", "3"]
    assert last_lines(log, 0) == []
    assert last_lines(tmp_path / "missing.log", 5) == []


def test_a_line_ends_only_at_a_line_feed(tmp_path: Path) -> None:
    """Not at the other characters that Python would split at, and odd bytes are shown."""
    log = tmp_path / "a.log"
    log.write_bytes("a\u2028b\x85c\rd\n".encode() + b"\xff\n")
    assert last_lines(log, 9) == ["a\u2028b\x85c\rd", "\ufffd"]


def test_only_added_lines_are_yielded(tmp_path: Path) -> None:
    """With the label of their file; what was there before is not."""
    a, b = tmp_path / "a.log", tmp_path / "b.log"
    a.write_text("old\n")
    seen = followed({"a": a, "b": b}, add(a, "1\n2\n"), add(b, "3\n"), add(a, "4\n"))
    assert seen == [("a", "1"), ("a", "2"), ("b", "3"), ("a", "4")]


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    """Also where the half ends in the middle of a letter."""
    log = tmp_path / "a.log"
    log.touch()
    first, second = "tür\n".encode()[:2], "tür\n".encode()[2:]

    def add_bytes(data: bytes) -> Callable[[], object]:
        return lambda: log.write_bytes(log.read_bytes() + data)

    assert followed({"a": log}, add_bytes(first), add_bytes(second)) == [("a", "tür")]


def test_a_file_that_was_begun_anew_is_read_from_its_start(tmp_path: Path) -> None:
    """A service was started again; the half line of the old one is dropped."""
    log = tmp_path / "a.log"
    log.write_text("a long line of the run before\n")
    seen = followed({"a": log}, add(log, "half"), lambda: log.write_text("new\n"), add(log, "2\n"))
    assert seen == [("a", "new"), ("a", "2")]


def test_a_file_that_comes_later_is_read_from_its_start(tmp_path: Path) -> None:
    """The function's log is made by its first invocation."""
    log = tmp_path / "a.log"
    assert followed({"a": log}, add(log, "1\n")) == [("a", "1")]


def test_alive_ends_it_after_the_last_lines(tmp_path: Path) -> None:
    """A dead service's last words are shown first."""
    log = tmp_path / "a.log"
    log.touch()
    rounds = 0

    def alive() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise Enough

    lines = follow({"a": log}, alive, sleep=lambda seconds: log.write_text("last words\n") and None)
    assert next(lines) == ("a", "last words")
    with pytest.raises(Enough):
        next(lines)
