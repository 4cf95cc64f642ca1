"""Errors and exit codes: a script can tell one kind from another."""

import pytest

from devenv import errors
from devenv.errors import DevenvError, ExitCode


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (DevenvError, 1),
        (errors.BadInput, 2),
        (errors.Unreachable, 4),
        (errors.Refused, 5),
        (errors.NotFound, 6),
    ],
)
def test_each_kind_has_its_documented_exit_code(kind: type[DevenvError], code: int) -> None:
    """These numbers are promised by `devenv --help`."""
    assert kind("").exit_code == code


def test_no_two_exit_codes_are_the_same() -> None:
    """IntEnum would take an equal one for an alias without a word."""
    assert len(ExitCode.__members__) == len(list(ExitCode)) == 7


def test_the_message_is_the_whole_error() -> None:
    """What is raised is what is read."""
    assert str(errors.NotFound("Stream a is not there.")) == "Stream a is not there."
