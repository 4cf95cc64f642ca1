"""Steps build on each other: what is tried after one that fails, or out of order."""

import pytest

from devenv.testing.engine import Engine

from .steps import Seed, as_written, engine, fails, types
from .terminal import Shown, Terminal


class Echo(Terminal):
    """Shows what is typed; `false` fails."""

    def __init__(self) -> None:
        self.typed: list[str] = []

    def type(self, command: str, answers: object = ()) -> Shown:
        self.typed.append(command)
        return Shown(command, int(command == "false"))

    def elsewhere(self) -> str:
        return "nothing"


@pytest.fixture
def seed() -> Seed:
    steps = [
        as_written("one", types("hello", "^hello$"), fails("false", "false")),
        engine("two", "in containers", types("docker")),
        as_written("three", types("hello", "goodbye")),
        as_written("four", types("never")),
    ]
    return Seed("999", "999999999999", "us-east-1", steps, first=7)


def test_after_a_failure_nothing_is_tried(seed: Seed) -> None:
    """A step that needs an engine is no failure."""
    terminal = Echo()
    seed.follow(7, terminal, Engine.EMBEDDED)
    with pytest.raises(pytest.skip.Exception, match="needs an engine"):
        seed.follow(8, terminal, Engine.EMBEDDED)
    with pytest.raises(pytest.fail.Exception, match=r"shows .*:\nhello\nnot: goodbye"):
        seed.follow(9, terminal, Engine.EMBEDDED)
    with pytest.raises(pytest.skip.Exception, match="after 09 three"):
        seed.follow(10, terminal, Engine.EMBEDDED)
    assert terminal.typed == ["hello", "false", "hello"]


def test_a_step_by_itself_is_refused(seed: Seed) -> None:
    """It would fail for what isn't there."""
    with pytest.raises(AssertionError, match="run the whole file"):
        seed.follow(9, Echo(), Engine.EMBEDDED)
