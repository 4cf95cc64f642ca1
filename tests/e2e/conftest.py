"""The real command line in processes of its own, against an environment of the tests' own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from devenv.testing.ports import free_port
from devenv.wait import wait_for

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "events"
COMMAND_TIMEOUT = 180.0


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Shell:
    """Runs commands as a person does who has exported `variables`."""

    home: Path
    variables: dict[str, str]
    root: Path = ROOT
    """The checkout that commands run in."""

    def devenv(self, *arguments: str, input: str | None = None, **changed: str) -> Done:
        """`devenv ARGUMENTS`; `changed` are variables of this one command."""
        return self.run(sys.executable, "-m", "devenv", *arguments, input=input, **changed)

    def run(self, *command: str, input: str | None = None, **changed: str) -> Done:
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.variables | changed,
            input=input.encode() if input is not None else None,
            capture_output=True,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(
        self, *arguments: str, words: str = "home.words", stdin: int = subprocess.DEVNULL
    ) -> "Started":
        """`devenv ARGUMENTS`, without waiting for its end; its words go to a file."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        path = self.home.with_name(words)
        with path.open("wb") as file:
            process = subprocess.Popen(
                (sys.executable, "-m", "devenv", *arguments),
                cwd=self.root,
                env=self.variables,
                stdin=stdin,
                stdout=file,
                stderr=file,
            )
        return Started(process, path)

    def processes(self) -> list[str]:
        """The command lines of all processes that belong to this environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("DEVENV_INSTANCE") == str(self.home):
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue
        return found


@dataclass(frozen=True)
class Started:
    """A command that runs; its output so far."""

    process: "subprocess.Popen[bytes]"
    words: Path

    def said(self) -> str:
        return self.words.read_text()

    def json_lines(self) -> list[Any]:
        """The data so far; progress, which may come between, is no JSON object."""
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def await_words(self, words: str) -> None:
        """Return once `words` were said; the command must not have ended before."""

        def probe() -> bool:
            found = words in self.said()
            assert found or self.process.poll() is None, self.said()
            return found

        wait_for(probe, timeout=COMMAND_TIMEOUT, interval=0.02, failure=f"{words!r} wasn't said")

    def end_with(self, signal_number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(COMMAND_TIMEOUT)


def shell_in(folder: Path) -> Shell:
    """A shell with ports and a DEVENV_HOME of its own, whatever the developer has exported."""
    ours = ("AWS_", "MLFLOW_", "DEVENV_")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(ours) or n == "AWS_CA_BUNDLE"}
    home = folder / "home"
    return Shell(
        home,
        kept
        | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "AWS_CONFIG_FILE": str(folder / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
            "DEVENV_FUNCTION_PORT": str(free_port()),
            "DEVENV_HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
    )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in which nothing has been started; what a test leaves running is stopped."""
    made = shell_in(tmp_path)
    yield made
    made.devenv("down")


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell whose environment is up, for all tests that leave it so."""
    made = shell_in(tmp_path_factory.mktemp("e2e"))
    up = made.devenv("up", "-d")
    try:
        assert up.code == 0, up.err
        assert "Next: devenv put" in up.err
        yield made
    finally:
        made.devenv("down")


@pytest.fixture(scope="package")
def bikes(running: Shell) -> Shell:
    """The same shell, the bikes' system made beside the rides'."""
    done = running.devenv("bootstrap", "--pipeline", "bike")
    assert done.code == 0, done.err
    assert "devenv put --pipeline bike" in done.err
    return running
