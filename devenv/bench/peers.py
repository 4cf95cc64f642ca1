"""Other emulators on this machine, each started in a folder that is thrown away.

- ministack, from PyPI, in an interpreter of its own that also has the function's packages: it runs
  a function in a process of its own interpreter.
- stock: LocalStack as it comes, with its own Kinesis (a Node program that it fetches by npm) and
  its own event source mapping. Only the executor is ours: its own needs Docker and an image.
"""

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from devenv.aws import Aws
from devenv.errors import DevenvError, NotFound
from devenv.settings import Settings, address
from devenv.stack import function_packages, services
from devenv.stack.process import Registry
from devenv.wait import wait_for

Say = Callable[[str], None]

MINISTACK = "ministack==1.5.33"
START_TIMEOUT = 180.0
"""Seconds; stock fetches its Kinesis."""
GRACE = 8.0


@dataclass(frozen=True)
class Started:
    """An emulator that answers."""

    url: str
    pid: int
    ready_seconds: float
    """From its start until Kinesis had answered a first request."""


@contextmanager
def ministack(settings: Settings, say: Say) -> Iterator[Started]:
    with _folder("ministack") as folder:
        say(f"Installing {MINISTACK} into {folder} …")
        python = folder / "venv" / "bin" / "python"
        requirements = folder / "requirements.txt"
        requirements.write_text(_beside_ministack(settings.root / "Pipfile.lock"))
        function_packages.uv_run("venv", "--python", sys.executable, str(folder / "venv"))
        function_packages.uv_run(
            *("pip", "install", "--python", str(python), MINISTACK, "-r", str(requirements))
        )
        url = _free_url()
        variables = {
            "GATEWAY_PORT": url.rpartition(":")[2],
            "BIND_HOST": "127.0.0.1",
            "AWS_ENDPOINT_URL": url,
            "LAMBDA_EXECUTOR": "local",
        }
        at = replace(settings, home=folder, endpoint_url=url)
        program = str(python.with_name("ministack"))
        with _running("ministack", at, (program,), variables) as it:
            yield it


@contextmanager
def stock(settings: Settings, say: Say) -> Iterator[Started]:
    """Started twice: the first time fetches what it runs on."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise NotFound(
            "LocalStack's own Kinesis needs Node, and node or npm isn't on the PATH: install them "
            "(Debian: apt-get install nodejs npm), or leave out --against stock."
        )
    with _folder("stock") as folder:
        at = replace(settings, home=folder, endpoint_url=_free_url())
        service = services.emulator(at, function_packages.ensure(settings.root, say))
        command = (*service.command, "--stock")
        say("Having LocalStack fetch its own Kinesis …")
        with _running("stock", at, command, service.variables):
            pass
        with _running("stock", at, command, service.variables) as it:
            yield it


@contextmanager
def another(settings: Settings, say: Say) -> Iterator[Started]:
    """This project's emulator a second time, with nothing in it."""
    with _folder("emulator") as folder:
        at = replace(settings, home=folder, endpoint_url=_free_url())
        service = services.emulator(at, function_packages.ensure(settings.root, say))
        with _running("emulator", at, service.command, service.variables) as it:
            yield it


@contextmanager
def paused(pids: Sequence[int]) -> Iterator[None]:
    """Stop processes and their descendants where they are, and let them go on at the end."""
    stopped: list[psutil.Process] = []
    try:
        for process in (member for pid in pids for member in _family(pid)):
            with suppress(psutil.NoSuchProcess):
                process.suspend()
                stopped.append(process)
        yield
    finally:
        for process in reversed(stopped):
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _family(pid: int) -> Iterator[psutil.Process]:
    """A process, and then its descendants of that moment; none of one that is gone."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        yield root
        yield from root.children(recursive=True)


PEERS = {"ministack": ministack, "stock": stock}


@contextmanager
def _running(
    name: str, settings: Settings, command: Sequence[str], variables: Mapping[str, str]
) -> Iterator[Started]:
    """An emulator for as long as it's needed; `settings` say where its files and its URL are."""
    registry, url = Registry(settings.home), settings.endpoint
    began = time.monotonic()
    try:
        process = registry.spawn(name, url, command, {**os.environ, **variables})

        def probe() -> bool:
            if not process.is_alive():
                words = registry.log_file(name).read_text(errors="replace").strip()[-600:]
                raise DevenvError(f"{name} ended while starting. Its last words: {words}")
            return _listens(url)

        failure = f"{name} at {url} did not answer within {START_TIMEOUT:.0f} s."
        wait_for(probe, timeout=START_TIMEOUT, failure=failure, interval=0.02)
        Aws(settings, url).kinesis.list_streams()
        yield Started(url, process.pid, time.monotonic() - began)
    finally:
        registry.stop([name], GRACE)
        registry.kill_leftovers()


def _beside_ministack(lock: Path) -> str:
    """The function's packages, but boto3 in the version that goes with ministack's botocore."""
    lines = function_packages.pipfile_requirements(lock, hashes=False).splitlines()
    own = ("boto3==", "botocore==", "s3transfer==")
    return "\n".join(["boto3", *(line for line in lines if not line.startswith(own))])


def _listens(url: str) -> bool:
    host, port = address(url, "AWS_ENDPOINT_URL")
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _free_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"devenv-bench-{name}-") as folder:
        yield Path(folder)
