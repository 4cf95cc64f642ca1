"""How `devenv` ends: an exit code for each kind of error, and one line that says what to do."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from run_cli import RIDE, ends

from devenv import cli
from devenv.cli import main
from devenv.commands import COMMANDS, put

pytestmark = pytest.mark.usefixtures("shell")


def test_an_absent_endpoint_ends_with_4_and_the_cure(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, one line."""
    code, err = ends(capsys, *RIDE)
    assert code == 4
    assert err.startswith("devenv: http://127.0.0.1:")
    assert "does not answer" in err
    assert "Start it with `devenv up -d`." in err
    assert err.count("\n") == 1


def test_no_region_ends_with_2_naming_the_setting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 has no default."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    code, err = ends(capsys, *RIDE)
    assert (code, err.count("\n")) == (2, 1)
    assert "AWS_DEFAULT_REGION" in err


def test_no_credentials_end_with_5_naming_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator needs some, too: requests are signed."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    code, err = ends(capsys, *RIDE)
    assert (code, err.count("\n")) == (5, 1)
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in err


def test_an_unknown_profile_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 raises that before there's any client."""
    monkeypatch.setenv("AWS_PROFILE", "work")
    code, err = ends(capsys, *RIDE)
    assert (code, err.count("\n")) == (2, 1)
    assert "(work) could not be found. Check AWS_PROFILE" in err


def test_a_bad_setting_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever command reads it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "127.0.0.1:4566")
    code, err = ends(capsys, "status")
    assert (code, err.count("\n")) == (2, 1)
    assert "AWS_ENDPOINT_URL=127.0.0.1:4566 is not a URL" in err


def test_an_absent_log_ends_with_6(capsys: pytest.CaptureFixture[str]) -> None:
    """The emulator has never run here."""
    code, err = ends(capsys, "logs", "emulator")
    assert (code, err.count("\n")) == (6, 1)
    assert "devenv up -d" in err


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever it stands, and above the message."""
    code, err = ends(capsys, "logs", "emulator", "--debug")
    assert code == 6
    assert err.startswith("Traceback (most recent call last):")
    assert err.splitlines()[-1].startswith("devenv: ")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A command `devenv fail`, which raises what the test puts here."""
    errors: list[BaseException] = []

    @click.command("fail")
    @put.pass_context
    def fail(context: put.Context) -> None:
        assert context.settings.home
        raise errors[0]

    monkeypatch.setitem(cli.devenv.commands, "fail", fail)
    return errors


def test_a_bug_ends_with_3_and_a_log_to_report(
    capsys: pytest.CaptureFixture[str], shell: Path, failing: list[BaseException]
) -> None:
    """The traceback is in the file, not on the screen."""
    failing.append(ZeroDivisionError("division by zero"))
    code, err = ends(capsys, "fail")
    log = shell / "state" / "logs" / "devenv-error.log"
    assert (code, err.count("\n")) == (3, 1)
    assert "unexpected ZeroDivisionError: division by zero" in err
    assert str(log) in err
    assert "Traceback" in log.read_text()


def test_a_bug_is_reported_even_where_no_log_can_be_kept(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    shell: Path,
    failing: list[BaseException],
) -> None:
    """DEVENV_HOME may be what can't be written."""
    (shell / "file").touch()
    monkeypatch.setenv("DEVENV_HOME", str(shell / "file" / "state"))
    failing.append(ZeroDivisionError("division by zero"))
    code, err = ends(capsys, "fail")
    assert (code, err.count("\n")) == (3, 1)
    assert "unexpected ZeroDivisionError" in err


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_ends_with_130(
    capsys: pytest.CaptureFixture[str], failing: list[BaseException], interrupt: BaseException
) -> None:
    """As shells expect of Ctrl-C."""
    failing.append(interrupt)
    code, err = ends(capsys, "fail")
    assert code == 130
    assert err.lstrip() == "devenv: interrupted\n"  # After the terminal's ^C click ends the line.


def test_sigterm_interrupts_too(
    capsys: pytest.CaptureFixture[str], failing: list[BaseException]
) -> None:
    """So that whatever was started is stopped again."""
    main(["--version"])
    capsys.readouterr()
    handler = signal.getsignal(signal.SIGTERM)
    assert callable(handler)
    assert handler is signal.getsignal(signal.SIGHUP)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGTERM, None)


def test_status_of_an_absent_emulator_is_data_and_ends_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That it's down is the answer here, not an error."""
    assert main(["status", "--json"]) == 1
    state = json.loads(capsys.readouterr().out)
    assert state["ready"] is False
    assert [service["running"] for service in state["services"]] == [False]


def test_down_without_anything_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """And leaves no folder behind."""
    code, err = ends(capsys, "down", "--purge")
    assert code == 0
    assert err.startswith("Nothing to stop")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A sentence, and one for each option but the obvious."""
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: devenv {name} ")
    assert cli.devenv.commands[name].help


def test_help_needs_no_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And lists every command with a short description."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name, about in COMMANDS.items():
        assert re.search(rf"\n  {name} +{re.escape(about)}\n", text)


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--help"], {"botocore", "docker", "psutil", "numpy", "rich"}),
        (["put", "--help"], {"boto3", "s3transfer", "docker", "psutil", "numpy", "rich"}),
        (["tail", "--help"], {"boto3", "s3transfer", "docker", "psutil", "numpy", "rich"}),
        (["status", "--help"], {"boto3", "s3transfer", "docker", "numpy", "mlflow", "rich"}),
        (["up", "--help"], {"boto3", "s3transfer", "docker", "numpy", "sklearn", "mlflow"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_imports_what_it_needs(arguments: list[str], unused: set[str]) -> None:
    """Each of these takes longer to import than most commands take to run."""
    script = f"import sys; from devenv.cli import main; main({arguments}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.splitlines()[-1].split())
    assert imported & unused == set()
    own = {f"devenv.commands.{name}" for name in COMMANDS} & imported
    assert own == {f"devenv.commands.{name}" for name in arguments if name in COMMANDS}
