"""`devenv tail` says once why nothing may be coming."""

import pytest

from devenv.commands.tail import QUIET, Hint


@pytest.mark.parametrize(
    ("position", "words"),
    [("latest", "--from trim-horizon"), ("trim-horizon", "the stream is empty")],
)
def test_a_hint_is_given_once_after_a_while(position: str, words: str) -> None:
    """And reading goes on."""
    now, said = [100.0], []
    hint = Hint(position, said.append, lambda: now[0])
    now[0] += QUIET - 1
    assert not hint.look()
    assert said == []
    for _ in range(2):
        now[0] += 1
        assert not hint.look()
    (line,) = said
    assert words in line
    assert "devenv doctor" in line


def test_no_hint_once_something_came() -> None:
    """Quiet after that is only quiet."""
    now, said = [100.0], []
    hint = Hint("latest", said.append, lambda: now[0])
    hint.said = True
    now[0] += 10 * QUIET
    assert not hint.look()
    assert said == []
