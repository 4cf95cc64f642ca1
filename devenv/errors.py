"""Every error that a command ends with, and its exit code.

A message says what failed, where, and what to do next, in one line. Nothing below `cli` prints
an error or exits: it raises one of these.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script can tell from how `devenv` ended. 2 is also what wrong flags give."""

    FAILED = 1
    BAD_INPUT = 2
    UNEXPECTED = 3
    UNREACHABLE = 4
    REFUSED = 5
    NOT_FOUND = 6
    INTERRUPTED = 130


class DevenvError(Exception):
    """Something that the person can act on; `str()` of it is the whole message."""

    exit_code = ExitCode.FAILED


class BadInput(DevenvError):
    """What was passed (a file, a flag, a setting) can't be used."""

    exit_code = ExitCode.BAD_INPUT


class Unreachable(DevenvError):
    """A service that should answer does not."""

    exit_code = ExitCode.UNREACHABLE


class Refused(DevenvError):
    """A service answered, and refused: credentials, permissions, limits."""

    exit_code = ExitCode.REFUSED


class NotFound(DevenvError):
    """A stream, function, model or file that was named isn't there."""

    exit_code = ExitCode.NOT_FOUND
