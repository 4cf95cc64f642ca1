"""A function's log as CloudWatch's events, LogResult and people have it."""

from pathlib import Path

import pytest

from devenv.emulator.functions.log_file import LogFile
from devenv.emulator.functions.log_text import EVENT_LIMIT, as_lines, events, for_people

TRACEBACK = (
    "[ERROR] KeyError: 'x'\rTraceback (most recent call last):\r"
    '\u00a0\u00a0File "/var/task/app.py", line 1, in handler\r\u00a0\u00a0\u00a0\u00a0raise\n'
)
WARNING = (
    "[WARNING]\t2026-11-25T03:00:00.000Z\t\tLAMBDA_WARNING: Unhandled exception. The …html\r\n"
)
PROGRESS = "10 %\r20 %\r30 %\n"
START, END = "START RequestId: 1 Version: $LATEST\n", "END RequestId: 1\n"


def test_a_traceback_has_line_feeds() -> None:
    """A terminal writes what follows a carriage return over what was there."""
    assert as_lines(START + TRACEBACK + END) == START + TRACEBACK.replace("\r", "\n") + END


def test_other_carriage_returns_stay() -> None:
    """They're the function's own, on Lambda too."""
    assert as_lines(PROGRESS + TRACEBACK).startswith(PROGRESS)
    assert list(events(PROGRESS)) == [PROGRESS]


def test_a_traceback_is_one_event() -> None:
    """As on Lambda."""
    assert list(events(START + TRACEBACK + END)) == [START, TRACEBACK.replace("\r", "\n"), END]


def test_the_warning_is_an_event_and_not_what_people_read() -> None:
    """600 characters before each error of init, which hide it."""
    assert next(events(WARNING + TRACEBACK)) == WARNING.replace("\r", "")
    assert for_people(START + WARNING + TRACEBACK) == START + as_lines(TRACEBACK)


@pytest.mark.parametrize("character", ["x", "ü", "€", "🚕"])
def test_a_long_line_is_several_events(character: str) -> None:
    """None is cut within a character."""
    line = character * 300_000
    found = list(events(line + "\nshort\n"))
    assert found[-1] == "short\n"
    assert "".join(event.removesuffix("\n") for event in found[:-1]) == line
    assert all(len(event.encode()) <= EVENT_LIMIT + 1 for event in found)


def test_the_file_is_begun_anew_when_it_is_large(tmp_path: Path) -> None:
    """The ones before it are kept, up to two."""
    file = LogFile(tmp_path / "function.log", largest=20)
    for number in range(9):
        file.append(f"invocation {number}\n")
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {
        "function.log": "invocation 8\n",
        "function.log.1": "invocation 6\ninvocation 7\n",
        "function.log.2": "invocation 4\ninvocation 5\n",
    }


def test_a_folder_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs" / "function.log")
    file.append(WARNING + TRACEBACK)
    assert (tmp_path / "logs" / "function.log").read_text() == as_lines(TRACEBACK)


def test_what_can_not_be_written_hurts_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The emulator's log tells of it."""
    (tmp_path / "logs").write_text("a file")
    LogFile(tmp_path / "logs" / "function.log").append(START)
    assert "was not written to" in caplog.text
