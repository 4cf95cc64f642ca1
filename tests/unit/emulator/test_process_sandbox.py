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

from devenv.emulator.functions.memory import WATCH
from devenv.emulator.functions.sandbox import (
    ProcessSandbox,
    ProcessSandboxes,
    remove_leftover_folders,
)
from devenv.testing.ports import free_port
from devenv.wait import wait_for

API = f"127.0.0.1:{free_port()}"
"""No other test run's: a function's processes are known by it."""
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

    def start(
        source: str, memory_mb: int = 1024
    ) -> tuple[ProcessSandbox, "queue.SimpleQueue[str]"]:
        ends: queue.SimpleQueue[str] = queue.SimpleQueue()
        command = (sys.executable, "-u", "-c", source)
        variables = {"PATH": os.environ["PATH"]}
        folders = {tmp_path: "/var/task"}
        sandboxes = ProcessSandboxes(command, tmp_path, variables, folders, memory_mb)
        made.append(ProcessSandbox(sandboxes, API, ends.put))
        return made[-1], ends

    yield start
    for sandbox in made:
        sandbox.kill()


def lines(sandbox: ProcessSandbox, until: str) -> list[str]:
    """What it printed, once `until` is among it."""
    found = ""

    def probe() -> bool:
        nonlocal found
        found += sandbox.read_logs()  # Of which the end may be a part of a line.
        return until in found.splitlines()

    wait_for(probe, timeout=30, failure=f"{until} was not printed")
    return found.splitlines()


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

    def are_level() -> bool:
        """Less is well: what tests before this one have left may go meanwhile."""
        now = traces()
        return all(n <= b for n, b in zip(now[:3], before[:3], strict=True)) and not now[3]

    wait_for(are_level, timeout=10, failure=f"more than {before}")


def test_idle_functions_share_a_thread(start: Start) -> None:
    """50 of them had 100 for their output and ends alone."""
    start(NEVER_ENDS)
    before = threading.active_count()
    for _ in range(5):
        start(NEVER_ENDS)
    assert threading.active_count() <= before


ALLOCATES = "import time; kept = bytearray(b'x' * 200_000_000); print('done'); time.sleep(600)"
FORKS = """
import os, time
kept = bytearray(b"x" * 60_000_000)
for _ in range(4):
    if os.fork() == 0:
        time.sleep(600)
print("forked")
time.sleep(600)
"""
MAPS = """
import mmap, time
with open("large", "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    total = sum(mapped[start] for start in range(0, len(mapped), 4096))
print("read")
time.sleep(600)
"""


IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ALLOCATES!r}])"


@pytest.mark.parametrize("source", [ALLOCATES, IN_A_CHILD])
def test_a_function_over_its_memory_is_killed(start: Start, source: str) -> None:
    """By what it has itself, or by what its children have."""
    sandbox, ends = start(source, memory_mb=128)
    assert ends.get(timeout=20) == "signal: killed"
    assert sandbox.ran_out_of_memory()
    assert sandbox.max_memory() > 128


@pytest.mark.parametrize(("source", "until"), [(FORKS, "forked"), (MAPS, "read")])
def test_memory_that_costs_nothing_more_is_not_counted(
    start: Start, source: str, until: str, tmp_path: Path
) -> None:
    """What processes share after a fork, and pages of files, which the system can drop."""
    (tmp_path / "large").write_bytes(b"x" * 200_000_000)
    sandbox, ends = start(source, memory_mb=128)
    lines(sandbox, until)
    for _ in range(3):
        sandbox._look()
    assert not sandbox.ran_out_of_memory()
    assert ends.empty()


def test_a_frozen_function_is_not_looked_at(start: Start) -> None:
    """50 that wait for events cost nothing."""
    sandbox, _ = start(NEVER_ENDS)
    assert sandbox._look in WATCH._looks
    sandbox.freeze()
    assert sandbox._look not in WATCH._looks
    sandbox.thaw()
    assert sandbox._look in WATCH._looks
    sandbox.kill()
    assert sandbox._look not in WATCH._looks


def test_folders_of_a_killed_emulators_functions_are_removed(tmp_path: Path) -> None:
    """44 MB after twelve of them."""
    for name in ("function-a", "function-b"):
        (tmp_path / name / "cache").mkdir(parents=True)
    (tmp_path / "lambda").mkdir()
    assert remove_leftover_folders(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["lambda"]
