"""The lock that starting and stopping hold: one at a time, also after its file was deleted."""

import threading
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.stack.lock import locked
from devenv.wait import wait_for


def test_a_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    """It says so, once."""
    path, said, order = tmp_path / "run" / "lock", threading.Event(), list[str]()

    def second() -> None:
        with locked(path, said.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(path, lambda: pytest.fail("nobody holds it")):
        thread.start()
        assert said.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_that_was_deleted_while_it_was_waited_for_is_taken_anew(tmp_path: Path) -> None:
    """`devenv down --purge` deletes it with the rest; who comes after that makes another file."""
    path, said, inside, leave = tmp_path / "lock", *(threading.Event() for _ in range(3))

    def second() -> None:
        with locked(path, said.set):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=second)
    with locked(path, lambda: None):
        thread.start()
        assert said.wait(10)
        path.unlink()
    assert inside.wait(10)
    waited = threading.Event()
    third = threading.Thread(target=lambda: _hold(path, waited.set))
    third.start()
    wait_for(waited.is_set, timeout=10, failure="two hold the lock")
    leave.set()
    thread.join(10)
    third.join(10)


@pytest.mark.parametrize("place", ["lock", "run"])
def test_what_can_not_be_a_lock_is_named(tmp_path: Path, place: str) -> None:
    """A folder where the lock should be, or a file where its folder should be."""
    path = tmp_path / "run" / "lock"
    if place == "lock":
        path.mkdir(parents=True)
    else:
        path.parent.touch()
    with (
        pytest.raises(DevenvError, match=r"run/lock can't be a lock: .*move away"),
        locked(path, lambda: None),
    ):
        pytest.fail("it is held")


def _hold(path: Path, waiting: object) -> None:
    with locked(path, waiting):  # type: ignore[arg-type]
        pass
