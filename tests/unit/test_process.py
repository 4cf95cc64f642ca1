"""Child processes: started, found again by another command, ended, and none left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from devenv.errors import DevenvError
from devenv.stack.process import INSTANCE_VARIABLE, Registry, Running

URL = "http://127.0.0.1:4566"
WAITS = "import sys; print('ready', flush=True); sys.stdin.read(); import signal; signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True)\n"
    "while True: signal.pause()"
)
WITH_A_CHILD = (
    "import subprocess, sys, signal\n"
    "child = subprocess.Popen([sys.executable, '-Sc', 'import signal; signal.pause()'],"
    " start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "signal.pause()"
)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """An instance of its own, with nothing of it left after the test."""
    registry = Registry(tmp_path)
    yield registry
    registry.stop(["emulator", "mlflow", "careless-parent"], grace=0)
    registry.kill_leftovers()


def spawn(registry: Registry, code: str, name: str = "emulator") -> Running:
    """A child that runs `code`, after its first line of output."""
    running = registry.spawn(name, URL, (sys.executable, "-Sc", code), {"PATH": os.defpath})
    while not first_line(registry, name):
        assert running.is_alive(), registry.log_file(name).read_text()
        os.sched_yield()
    return running


def first_line(registry: Registry, name: str = "emulator") -> str:
    return registry.log_file(name).read_text().partition("\n")[0]


def ended(pid: int) -> bool:
    """Whether the process is gone or a zombie; waited for shortly if it's a child of the test's."""
    try:
        process = psutil.Process(pid)
        if process.ppid() == os.getpid():
            process.wait(timeout=5)
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_is_found_by_the_next_command(registry: Registry) -> None:
    """By all that the next one knows: the folder and the name."""
    running = spawn(registry, WAITS)
    found = Registry(registry.home).find("emulator")
    assert found == running
    assert found.url == URL
    assert found.memory_mb() > 0
    assert registry.find("mlflow") is None


def test_a_child_leads_a_session_and_carries_the_instances_name(registry: Registry) -> None:
    """So that Ctrl-C in the shell doesn't reach it, and what it starts can be told."""
    running = spawn(registry, WAITS)
    assert os.getsid(running.pid) == running.pid
    environ = psutil.Process(running.pid).environ()
    assert environ[INSTANCE_VARIABLE] == str(registry.home)


def test_a_childs_output_goes_to_its_log_begun_anew(registry: Registry) -> None:
    """stdout and stderr both, and not those of the run before."""
    registry.log_file("emulator").parent.mkdir(parents=True)
    registry.log_file("emulator").write_text("old\n")
    running = registry.spawn(
        "emulator",
        URL,
        (sys.executable, "-Sc", "import os; os.write(1, b'out\\n'); os.write(2, b'err\\n')"),
        {},
    )
    assert ended(running.pid)
    assert registry.log_file("emulator").read_text() == "out\nerr\n"


def test_a_program_that_is_not_there_says_so(registry: Registry) -> None:
    """With the cure, and nothing remembered."""
    with pytest.raises(DevenvError, match=r"start emulator: /no/such/python: No such file.*setup"):
        registry.spawn("emulator", URL, ("/no/such/python",), {})
    assert registry.find("emulator") is None


def test_a_child_that_died_is_not_found(registry: Registry) -> None:
    """Also while nobody has collected its exit status."""
    running = spawn(registry, WAITS)
    os.kill(running.pid, signal.SIGKILL)
    os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(running.pid).status() == psutil.STATUS_ZOMBIE
    assert registry.find("emulator") is None


def test_stop_ends_children_and_names_those_that_ran(registry: Registry) -> None:
    """Doing it again is harmless."""
    running = spawn(registry, WAITS)
    assert registry.stop(["emulator", "mlflow"], grace=5) == ["emulator"]
    assert ended(running.pid)
    assert registry.find("emulator") is None
    assert registry.stop(["emulator", "mlflow"], grace=5) == []


def test_a_stubborn_child_is_killed(registry: Registry) -> None:
    """After the grace that it's given."""
    running = spawn(registry, STUBBORN)
    assert registry.stop(["emulator"], grace=0.05) == ["emulator"]
    assert ended(running.pid)


def test_a_zombie_is_not_waited_for(registry: Registry) -> None:
    """After `up -d` its parent is process 1, which in a container may never collect it."""
    spawn(registry, WITH_A_CHILD, "careless-parent")
    pid = int(first_line(registry, "careless-parent"))
    remembered = Running("emulator", pid, psutil.Process(pid).create_time(), URL)
    (registry.home / "run" / "emulator.json").write_text(json.dumps(asdict(remembered)))
    began = time.monotonic()
    assert registry.stop(["emulator"], grace=5) == ["emulator"]
    assert time.monotonic() - began < 4
    assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_several_children_share_one_grace(registry: Registry) -> None:
    """They are told to end together."""
    pids = [spawn(registry, STUBBORN, name).pid for name in ("emulator", "mlflow")]
    assert registry.stop(["emulator", "mlflow"], grace=0.05) == ["emulator", "mlflow"]
    assert all(ended(pid) for pid in pids)


def test_what_a_killed_parent_left_is_found_and_killed(registry: Registry) -> None:
    """Though it leads a session of its own."""
    running = spawn(registry, WITH_A_CHILD)
    orphan = int(first_line(registry))
    os.kill(running.pid, signal.SIGKILL)
    assert ended(running.pid)
    assert psutil.Process(orphan).status() != psutil.STATUS_ZOMBIE
    assert [process.pid for process in registry.leftovers()] == [orphan]
    assert registry.kill_leftovers() == 1
    assert ended(orphan)
    assert registry.kill_leftovers() == 0


def test_running_children_are_spared_with_all_that_they_started(registry: Registry) -> None:
    """One service died and is started again: the other one's processes are no leftovers."""
    running = spawn(registry, WITH_A_CHILD)
    its_child = int(first_line(registry))
    lost = spawn(registry, WAITS, "mlflow")
    (registry.home / "run" / "mlflow.json").unlink()
    assert registry.kill_leftovers() == 1
    assert ended(lost.pid)
    assert running.is_alive()
    assert psutil.pid_exists(its_child)


def test_another_instances_processes_are_left_alone(registry: Registry, tmp_path: Path) -> None:
    """A test's environment beside a developer's."""
    other = Registry(tmp_path / "other")
    running = spawn(other, WAITS)
    try:
        assert registry.kill_leftovers() == 0
        assert running.is_alive()
    finally:
        other.stop(["emulator"], grace=5)


def test_a_reused_process_id_is_not_taken_for_ours(registry: Registry) -> None:
    """After a restart of the machine the remembered id may be anybody's, and must not be ended."""
    with subprocess.Popen([sys.executable, "-Sc", "input()"], stdin=subprocess.PIPE) as stranger:
        created = psutil.Process(stranger.pid).create_time()
        remembered = Running("emulator", stranger.pid, created - 3600, URL)
        file = registry.home / "run" / "emulator.json"
        file.parent.mkdir()
        file.write_text(json.dumps(asdict(remembered)))
        assert registry.find("emulator") is None
        assert registry.stop(["emulator"], grace=0) == []
        assert stranger.poll() is None
        assert replace(remembered, created=created).is_alive()
        stranger.communicate(b"\n")


REMEMBERED: dict[str, object] = {"name": "emulator", "pid": 1, "created": 0.0, "url": URL}


@pytest.mark.parametrize(
    "content",
    [
        *("", "{half", "[]", '{"name": "emulator"}', '{"pid": 1}', "[" * 100_000, "\udcff"),
        *(json.dumps(REMEMBERED | {"pid": pid}) for pid in (-1, 0, "1", 1.5, None, True, 2**70)),
        *(json.dumps(REMEMBERED | {"created": value}) for value in ("0", None, [], {})),
        json.dumps(REMEMBERED | {"name": 3}),
        json.dumps(REMEMBERED | {"url": None}),
    ],
    ids=lambda content: content[:60],
)
def test_an_unreadable_memory_is_none(registry: Registry, content: str) -> None:
    """A full disk may have cut it short, or a hand may have been at it."""
    file = registry.home / "run" / "emulator.json"
    file.parent.mkdir()
    file.write_bytes(content.encode(errors="surrogateescape"))
    assert registry.find("emulator") is None
    assert registry.families() == {os.getpid()}
    assert registry.stop(["emulator"], grace=0) == []
    assert not file.exists()


def test_a_folder_in_the_place_of_a_file_is_named(registry: Registry) -> None:
    """Nothing is started that could not be found again."""
    folder = registry.home / "run" / "emulator.json"
    folder.mkdir(parents=True)
    assert registry.find("emulator") is None
    for act in (
        lambda: registry.spawn("emulator", URL, (sys.executable, "-Sc", WAITS), {}),
        lambda: registry.stop(["emulator"], grace=0),
    ):
        with pytest.raises(DevenvError, match=rf"{folder} can't be used: .*move away what is in"):
            act()
    assert registry.leftovers() == []
    folder.rmdir()


def test_what_is_gone_has_no_memory(registry: Registry) -> None:
    """`status` may ask in the very moment."""
    running = spawn(registry, WAITS)
    registry.stop(["emulator"], grace=5)
    assert running.memory_mb() == 0
