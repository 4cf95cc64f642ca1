"""`devenv up` after kill -9 of everything: the same model, nothing trained, rides predicted."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from devenv.aws import Aws
from devenv.environment import bring_up, take_down
from devenv.pipelines import PIPELINES
from devenv.round_trip import round_trips
from devenv.settings import Settings, read_settings
from devenv.stack.embedded import NAMES, Embedded

from .conftest import ROOT, instance_variables


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("AWS_", "MLFLOW_", "DEVENV_"))]:
            if name != "AWS_CA_BUNDLE":
                patch.delenv(name)
        for name, value in instance_variables(tmp_path).items():
            patch.setenv(name, value)
        settings = read_settings(os.environ, ROOT)
        yield settings
        take_down(Embedded(settings, lambda _: None))


def kill_everything(settings: Settings) -> None:
    registry = Embedded(settings, lambda _: None).registry
    running = [found for name in NAMES if (found := registry.find(name))]
    assert len(running) == len(NAMES)
    processes = [psutil.Process(each.pid) for each in running]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)


def test_a_second_up_trains_nothing_and_predicts(settings: Settings) -> None:
    lines: list[str] = []
    first = bring_up(settings, Aws(settings), lines.append, trips=None)
    assert first.model.trained
    kill_everything(settings)
    lines.clear()
    second = bring_up(settings, Aws(settings), lines.append, trips=None)
    assert not second.model.trained
    assert second.model.artifact_uri == first.model.artifact_uri
    assert any("version 1 there" in line for line in lines), lines
    assert not any("training" in line for line in lines), lines
    samples = PIPELINES["ride"].samples(2)
    trips = list(round_trips(list(samples), settings, Aws(settings)))
    assert [trip.prediction["model"] for trip in trips]
