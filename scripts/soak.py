"""Does the emulator stay as small as it was? .venv/bin/python scripts/soak.py [MINUTES]

For MINUTES (60) functions are created, invoked and deleted, one after the other, on the environment
that runs here (`devenv up -d`), while rides go through the system. Each minute prints, of the
emulator's process: its descriptors, connections in CLOSE-WAIT, threads and memory; the processes
and scratch folders of functions; what was done until then. Ends with what has changed between a
third of the time and its end, and with exit code 1 if descriptors or threads grew by over a tenth.
"""

import io
import itertools
import json
import random
import sys
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from devenv.aws import Aws
from devenv.pipelines import PIPELINES
from devenv.round_trip import round_trips
from devenv.settings import Settings, from_process
from devenv.stack.process import Registry
from devenv.wait import wait_for

SOURCE = """
import json, os
print("loading " + "x" * 1000)
def handler(event, context):
    print("got", event)
    if event["number"] % 10 == 9:
        raise ValueError(event["number"])
    return os.getpid()
"""
PAUSE = 0.5
"""Seconds between two rides."""
REST = 1.0
"""Seconds between two functions."""
SAMPLES = 500
INVOCATIONS = 3
TOLERANCE = 1.1


@dataclass
class Done:
    """What both threads have done, and what went wrong."""

    cycles: int = 0
    rides: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Size:
    descriptors: int
    close_wait: int
    threads: int
    memory_mb: int
    processes: int
    folders: int

    def __str__(self) -> str:
        return (
            f"{self.descriptors:11} {self.close_wait:10} {self.threads:7} {self.memory_mb:7} "
            f"{self.processes:9} {self.folders:7}"
        )


def main(minutes: float = 60) -> int:
    settings = from_process()
    running = Registry(settings.home).find("emulator")
    if running is None:
        raise SystemExit("soak: no emulator of this DEVENV_HOME runs. Start it: devenv up -d")
    emulator = psutil.Process(running.pid)
    done, stop = Done(), threading.Event()
    workers = [
        threading.Thread(target=work, args=(settings, done, stop)) for work in (functions, rides)
    ]
    for worker in workers:
        worker.start()
    sizes = []
    print("minute descriptors CLOSE-WAIT threads  MB RSS processes folders    cycles  rides")
    try:
        for minute in itertools.count():
            sizes.append(size(emulator, settings.home))
            print(f"{minute:6} {sizes[-1]} {done.cycles:9} {done.rides:6}", flush=True)
            if minute >= minutes or stop.wait(60):
                break
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    return verdict(sizes, done)


def size(emulator: psutil.Process, home: Path) -> Size:
    with emulator.oneshot():
        connections = emulator.net_connections("tcp")
        return Size(
            emulator.num_fds(),
            sum(connection.status == psutil.CONN_CLOSE_WAIT for connection in connections),
            emulator.num_threads(),
            emulator.memory_info().rss // 2**20,
            len(emulator.children(recursive=True)),
            len(list((home / "emulator" / "tmp").glob("function-*"))),
        )


def verdict(sizes: list[Size], done: Done) -> int:
    early, late = sizes[len(sizes) // 3], sizes[-1]
    print(f"{done.cycles} functions were made and deleted, {done.rides} rides predicted.")
    for failure in done.failures[:10]:
        print(f"failed: {failure}")
    grew = False
    for name in ("descriptors", "threads", "memory_mb"):
        before, after = getattr(early, name), getattr(late, name)
        print(f"{name}: {before} after a third of the time, {after} at the end")
        grew = grew or (name != "memory_mb" and after > before * TOLERANCE)
    return 1 if grew or done.failures else 0


def functions(settings: Settings, done: Done, stop: threading.Event) -> None:
    aws = Aws(settings)
    role = aws.iam.get_role(RoleName=settings.role_name)["Role"]["Arn"]
    for number in itertools.count():
        if stop.is_set():
            return
        try:
            cycle(aws, role, f"soak-{number}")
            done.cycles += 1
            stop.wait(REST)
        except Exception as error:  # Told at the end; the next one may work.
            done.failures.append(f"{time.strftime('%X')} soak-{number}: {error!r}")


def cycle(aws: Aws, role: str, name: str) -> None:
    lambdas = aws.functions
    lambdas.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zipped()},
    )
    try:
        wait_for(
            lambda: lambdas.get_function_configuration(FunctionName=name)["State"] == "Active",
            timeout=30,
            failure=f"{name} is not Active",
        )
        for number in random.sample(range(10), INVOCATIONS):
            payload = json.dumps({"number": number}).encode()
            answer = lambdas.invoke(FunctionName=name, Payload=payload)
            if ("FunctionError" in answer) != (number == 9):
                raise AssertionError(answer["Payload"].read())
    finally:
        lambdas.delete_function(FunctionName=name)
        # What a function has printed outlives it, as on AWS: it would be all that grows here.
        with suppress(aws.logs.exceptions.ResourceNotFoundException):
            aws.logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")


def rides(settings: Settings, done: Done, stop: threading.Event) -> None:
    aws = Aws(settings)
    while not stop.is_set():
        samples = PIPELINES[settings.pipeline].samples(SAMPLES, first_id=int(time.time()) * 1000)
        try:
            for _ in round_trips(list(samples), settings, aws):
                done.rides += 1
                if stop.wait(PAUSE):
                    return
        except Exception as error:  # Told at the end, too.
            done.failures.append(f"{time.strftime('%X')} a ride: {error!r}")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
