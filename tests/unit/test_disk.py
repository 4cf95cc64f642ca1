"""A full disk is named, whatever the failure that it caused looks like."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ConnectionClosedError

from devenv import aws, disk
from devenv.cli import _as_ours
from devenv.commands.context import Context
from devenv.disk import NEEDED, shortage
from devenv.settings import read_settings


def test_there_is_enough_or_a_sentence(tmp_path: Path) -> None:
    """Also for a folder that isn't there yet."""
    home = tmp_path / "not" / "yet"
    assert shortage(home, lambda folder: NEEDED) is None
    words = str(shortage(home, lambda folder: 1_500_000))
    assert words.startswith(f"The disk that holds {home} is full (1.5 MB free")
    assert "make room there, or set DEVENV_HOME" in words
    assert disk.free_bytes(home) > 0


def test_an_emulator_that_closes_connections_for_want_of_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting it again, the usual advice, would be of no use."""
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "DEVENV_HOME": str(tmp_path)}
    settings = read_settings(environ, tmp_path)
    error = ConnectionClosedError(endpoint_url="http://127.0.0.1:4566")
    assert "Start it with `devenv up -d`" in str(aws.explain(error, settings))
    monkeypatch.setattr(disk, "NEEDED", 2**62)
    words = str(aws.explain(error, settings))
    assert f"The disk that holds {tmp_path} is full" in words
    assert "Start it" not in words
    gone = replace(settings, home=tmp_path / "gone")
    assert "Start it with `devenv up -d`" in str(aws.explain(error, gone))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_file_that_a_command_can_not_write(number: int) -> None:
    """Where it is, not that it's a bug."""
    error = OSError(number, "No space left on device", "/state/run/emulator.json")
    words = str(_as_ours(error, Context()))
    assert words.startswith("No space left on the disk that holds /state/run/emulator.json: make")
    assert _as_ours(OSError(errno.EIO, "Input/output error"), Context()) is None
