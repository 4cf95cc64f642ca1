"""`devenv`: parse, dispatch, and the one place where errors are printed and become exit codes."""

import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from devenv.commands import Commands
from devenv.commands.context import Context
from devenv.errors import DevenvError, ExitCode
from devenv.output import Output
from devenv.settings import Settings


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error. Works anywhere.")
@click.version_option(package_name="devenv", message="%(prog)s %(version)s")
def devenv(debug: bool) -> None:
    """A local-first environment for a streaming ML system: Kinesis → Lambda → Kinesis.

    Settings come from the environment and .env (see .env.example). Data goes to stdout, progress
    and errors to stderr.

    Exit codes: 0 done, 1 failed, 2 wrong input, 3 a bug of ours, 4 a service does not answer,
    5 refused, 6 not found, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    context = Context()
    try:
        code = devenv.main(given, prog_name="devenv", standalone_mode=False, obj=context)
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, click.Abort):
        return _end(ExitCode.INTERRUPTED, "interrupted", debug)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.BAD_INPUT
    except click.ClickException as error:
        return _end(ExitCode.BAD_INPUT, _usage(error), debug)
    except Exception as error:
        known = _as_ours(error, context)
        if known is None:
            return _end(ExitCode.UNEXPECTED, _report(error, context), debug)
        return _end(known.exit_code, str(known), debug)


def _as_ours(error: Exception, context: Context) -> DevenvError | None:
    if isinstance(error, DevenvError):
        return error
    settings = context.known_settings
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = error.filename or (settings.home if settings else "the state of the environment")
        return DevenvError(
            f"No space left on the disk that holds {place}: make room there, or set DEVENV_HOME to "
            "a folder on another disk."
        )
    from devenv import aws  # It imports botocore: most commands need none.

    return aws.explain(error, settings) if settings else None


def _usage(error: click.ClickException) -> str:
    """Click's message in one line, with where to read more."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "devenv"
    return f"{error.format_message().rstrip('.')}. See `{path} --help`."


def _end(code: ExitCode, message: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    output = Output()
    output.progress(f"{output.paint('devenv:', 'red')} {message}")
    return code


def _report(error: Exception, context: Context) -> str:
    """Keep the traceback of a bug in a file, and say where."""
    settings: Settings | None = context.known_settings
    what = f"{type(error).__name__}: {error}"
    if settings is None:
        return f"unexpected {what} (--debug shows where; please report it)"
    log: Path = settings.home / "logs" / "devenv-error.log"
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.touch(mode=0o600)
        log.write_text(traceback.format_exc())
    except OSError:  # Perhaps the very reason: DEVENV_HOME can't be written.
        return f"unexpected {what} (--debug shows where; please report it)"
    return f"unexpected {what}. This is a bug: please report it with {log} (--debug shows it)."


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
