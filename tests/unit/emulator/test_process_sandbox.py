"""A function's process and all that it starts: listened to, ended, and gone without a trace."""

import os
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devenv.emulator.functions.sandbox import ProcessSandbox, ProcessSandboxes
from devenv.wait import wait_for

API = "127.0.0.1:1"
Start = Callable[..., tuple[ProcessSandbox, "queue.SimpleQueue[str]"]]

NEVER_ENDS = "import time; time.sleep(600)"
ESCAPES = """
import os, subprocess, sys, time
# In a session of its own, and nobody's descendant: its parent has ended.
code = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], start_new_session=True).pid)"
subprocess.run([sys.executable, "-c", code, sys.executable, "-c", "import time; time.sleep(600)"])
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts Python code as a function's process; all are killed in the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: list[ProcessSandbox] = []

    def start(source: str) -> tuple[ProcessSandbox, "queue.SimpleQueue[str]"]:
        ends: queue.SimpleQueue[str] = queue.SimpleQueue()
        command = (sys.executable, "-u", "-c", source)
        variables = {"PATH": os.environ["PATH"]}
        sandboxes = ProcessSandboxes(command, tmp_path, variables, {tmp_path: "/var/task"})
        made.append(ProcessSandbox(sandboxes, API, ends.put))
        return made[-1], ends

    yield start
    for sandbox in made:
        sandbox.kill()


def lines(sandbox: ProcessSandbox, until: str) -> list[str]:
    """What it printed, once `until` is among it."""
    found: list[str] = []

    def probe() -> bool:
        found.extend(sandbox.read_logs().splitlines())
        return until in found

    wait_for(probe, timeout=10, failure=f"{until} was not printed")
    return found


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "exit status 0"),
        ("raise SystemExit(3)", "exit status 3"),
        ("import os; os.kill(os.getpid(), 11)", "signal: segmentation fault"),
    ],
)
def test_an_end_is_told_as_lambda_words_it(start: Start, source: str, reason: str) -> None:
    _, ends = start(source)
    assert ends.get(timeout=10) == reason


def test_where_ends_can_not_be_waited_for_together_each_has_a_thread(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS, say; the answer is the same."""
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    _, ends = start("raise SystemExit(3)")
    assert ends.get(timeout=10) == "exit status 3"


def test_a_child_that_left_the_session_ends_with_the_function(start: Start) -> None:
    """Also one whose own parent has ended."""
    sandbox, _ = start(ESCAPES)
    child = int(lines(sandbox, "started")[0])
    assert alive(child)
    sandbox.kill()
    wait_for(lambda: not alive(child), timeout=10, failure="the child is still there")


def test_a_child_ends_when_the_function_has_ended_before_it(start: Start) -> None:
    """A runtime that exits takes nobody along; killing it afterwards does."""
    sandbox, ends = start(ESCAPES.replace("time.sleep(600)\n", "\n"))
    ends.get(timeout=10)
    child = int(lines(sandbox, "started")[0])
    assert alive(child)
    sandbox.kill()
    wait_for(lambda: not alive(child), timeout=10, failure="the child is still there")


def test_output_of_a_killed_function_is_kept(start: Start, tmp_path: Path) -> None:
    """Its last words are what one wants to read."""
    source = "import pathlib; print('x' * 50_000); pathlib.Path('printed').touch()"
    sandbox, _ = start(f"{source}; {NEVER_ENDS}")
    wait_for((tmp_path / "printed").exists, timeout=10, failure="nothing was printed")
    sandbox.kill()
    assert sandbox.read_logs() == "x" * 50_000 + "\n"


def test_folders_have_lambdas_names_in_the_log(start: Start, tmp_path: Path) -> None:
    """A traceback names /var/task, as on Lambda."""
    (tmp_path / "app.py").write_text("def handler():\n    raise ValueError('no ride')\n")
    sandbox, ends = start("import sys; sys.path.insert(0, '.'); import app; app.handler()")
    ends.get(timeout=10)
    log = sandbox.read_logs()
    assert 'File "/var/task/app.py", line 2, in handler' in log
    assert str(tmp_path) not in log


def test_nothing_is_left_of_functions(start: Start, tmp_path: Path) -> None:
    """Neither descriptors, nor threads, nor folders, nor zombies."""
    start(NEVER_ENDS)[0].kill()  # What all of them share is there now.
    this = psutil.Process()

    def traces() -> tuple[int, int, int, list[Path]]:
        here = (this.num_fds(), threading.active_count(), len(this.children()))
        return *here, list(tmp_path.glob("function-*"))

    before = traces()
    for _ in range(3):
        start(NEVER_ENDS)[0].kill()
        start(ESCAPES)[0].kill()
        ended, ends = start("")
        ends.get(timeout=10)
        ended.kill()
        ended.kill()
    wait_for(lambda: traces() == before, timeout=10, failure=f"{traces()} of {before}")


def test_idle_functions_share_a_thread(start: Start) -> None:
    """50 of them had 100 for their output and ends alone."""
    start(NEVER_ENDS)
    before = threading.active_count()
    for _ in range(5):
        start(NEVER_ENDS)
    assert threading.active_count() == before
