"""One environment for all integration tests, on the engine that `--engine` names."""

import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from devenv.aws import Aws
from devenv.bootstrap import steps
from devenv.bootstrap.model import ModelSource
from devenv.bootstrap.model_files import PreparedModel, prepare
from devenv.environment import model_source
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, read_settings
from devenv.stack.process import Registry
from devenv.teardown import find, remove
from devenv.testing import instance_variables as instance_variables
from devenv.testing.engine import Engine

from .zip_functions import Functions

ROOT = Path(__file__).parents[2]

MakeSystem = Callable[..., list[str]]


@pytest.fixture(scope="session")
def settings(devenv_settings: Settings) -> Settings:
    return devenv_settings


@pytest.fixture(scope="session")
def aws(devenv_aws: Aws) -> Aws:
    return devenv_aws


@pytest.fixture(scope="session")
def system(devenv_system: Settings) -> Settings:
    return devenv_system


@pytest.fixture
def home(engine: Engine, system: Settings) -> Path:
    """Where the environment keeps its files. An endpoint's may be anywhere, or in a container."""
    if engine is Engine.ENDPOINT:
        emulator = Registry(system.home).find("emulator")
        if emulator is None or emulator.url != system.endpoint_url:
            pytest.skip("looks into the environment's files: set DEVENV_HOME to where they are")
    return system.home


@pytest.fixture(scope="session")
def prepared() -> PreparedModel:
    """The model that the bootstrap trains too: the data and the seed are the same."""
    return prepare(PIPELINES["ride"], None)


@pytest.fixture(scope="session")
def models(prepared: PreparedModel) -> Mapping[str, PreparedModel]:
    """The same for each pipeline."""
    return {"ride": prepared, "bike": prepare(PIPELINES["bike"], None)}


@pytest.fixture(scope="session")
def make_system(engine: Engine, system: Settings, aws: Aws) -> Iterator[MakeSystem]:
    """Bootstraps a further system on the environment; returns what was said. At an endpoint, which
    is there after the tests, what wasn't there before them is removed."""
    made: list[Settings] = []

    def make(settings: Settings, source: ModelSource | None = None) -> list[str]:
        if engine is Engine.ENDPOINT and not find(settings, aws).ours:
            made.append(settings)
        said: list[str] = []
        steps.run(settings, aws, said.append, source or model_source(None))
        return said

    yield make
    for settings in made:
        remove(find(settings, aws), lambda line: None)


@pytest.fixture(scope="session")
def bikes(
    system: Settings, make_system: MakeSystem, models: Mapping[str, PreparedModel]
) -> Settings:
    """The bikes' system, on the same environment beside the rides'; its settings."""
    settings = read_settings({**os.environ, "PIPELINE": "bike"}, system.root)
    source = ModelSource(PIPELINES["bike"], training=lambda: models["bike"])
    make_system(settings, source)
    return settings


@pytest.fixture
def functions(system: Settings, aws: Aws, request: pytest.FixtureRequest) -> Iterator[Functions]:
    """Makes zip functions with names of this test's own, gone after it."""
    words = re.sub(r"\W+", "-", request.node.name).strip("-")
    made = Functions(aws, f"{words[:40]}-{uuid.uuid4().hex[:6]}")
    yield made
    made.delete()
