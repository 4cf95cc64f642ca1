"""The file with what functions log may be a container's output, which is a pipe."""

import logging
import os
from pathlib import Path

import pytest

from devenv.emulator.functions.log_file import LogFile


def test_a_pipe_takes_it_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """It has no size that could be looked at."""
    reading, writing = os.pipe()
    with caplog.at_level(logging.WARNING):
        LogFile(Path(f"/dev/fd/{writing}"), largest=1).append("START\nEND\n")
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        assert file.read() == "START\nEND\n"
    assert caplog.text == ""
