"""`devenv` run in this process, as its tests look at it."""

import pytest

from devenv.cli import main

RIDE = ("put", "--pu", "130", "--do", "205", "--distance", "3.66")


def ends(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a command that fails, so that stdout is empty."""
    code = main(arguments)
    out, err = capsys.readouterr()
    assert out == ""
    return code, err
