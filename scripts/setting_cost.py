"""What one of the emulator's settings costs a replay:

    .venv/bin/python scripts/setting_cost.py DEVENV_ENFORCE_IAM 1 0 [PAIRS] [RIDES]
    .venv/bin/python scripts/setting_cost.py DEVENV_HISTORY_BATCHES 10000 0 [PAIRS] [RIDES]

Beside an environment that is up (`devenv up -d`), whose function and model they get, it starts two
emulators, one with each value, and replays rides in turn on both. Printed for each pair: rides per
second, and seconds of CPU of emulator and function; then the medians of the first's ratios to the
second. On a busy machine trust the ratio of CPU.
"""

import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import psutil

from devenv.aws import Aws
from devenv.bench import peers, rides
from devenv.bench.subject import Subject, bench_settings, copy_model, deployed, system
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, from_process

LIMIT = 120.0
WARM_UP = 2_000


def main(variable: str, first: str, second: str, pairs: int = 5, count: int = 20_000) -> None:
    settings = from_process()
    with ExitStack() as stack:
        on = stack.enter_context(subject(settings, "first", variable, first))
        off = stack.enter_context(subject(settings, "second", variable, second))
        for each in (on, off):
            replay(each, WARM_UP, 1)
        ratios, cpu_ratios = [], []
        for pair in range(pairs):
            order = (on, off) if pair % 2 else (off, on)
            done = {s.name: replay(s, count, (pair + 1) * 1_000_000) for s in order}
            (rate, cpu), (free_rate, free_cpu) = done["first"], done["second"]
            ratios.append(rate / free_rate)
            cpu_ratios.append(cpu / free_cpu)
            print(
                f"{first}: {rate:,.0f}/s, {cpu:.2f} s CPU; {second}: {free_rate:,.0f}/s, "
                f"{free_cpu:.2f} s CPU; ratios {ratios[-1]:.3f} and {cpu_ratios[-1]:.3f}",
                flush=True,
            )
        print(
            f"median of {pairs}: {statistics.median(ratios):.3f} of the throughput, "
            f"{statistics.median(cpu_ratios):.3f} times the CPU"
        )


@contextmanager
def subject(settings: Settings, name: str, variable: str, value: str) -> Iterator[Subject]:
    """An emulator of its own with streams, role, function and mapping."""
    aws = Aws(settings)
    found = deployed(settings, aws)
    os.environ[variable] = value
    with peers.another(settings, tell) as started:
        made = Subject(
            name=name,
            settings=bench_settings(settings, uuid4().hex[:6], started.url),
            aws=Aws(settings, started.url),
            pid=started.pid,
            ready_seconds=started.ready_seconds,
        )
        copy_model(found.model_uri, aws, made)
        with system(made, {"ImageUri": found.image_uri}, found):
            yield made


def replay(subject: Subject, count: int, first_id: int) -> tuple[float, float]:
    """Rides per second, and seconds of CPU that they took."""
    samples = rides.sample_rides(PIPELINES["ride"], count, first_id)
    before = cpu(subject.pid)
    done = rides.replay(samples, subject.settings, subject.aws, LIMIT)
    if done.lost:
        sys.exit(f"{subject.name}: {done.lost} of {count} rides had no prediction")
    return done.rate, cpu(subject.pid) - before


def cpu(pid: int | None) -> float:
    """Seconds of a process and its descendants so far."""
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))
