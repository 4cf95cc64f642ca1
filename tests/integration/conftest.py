"""One embedded environment for all integration tests, apart from the developer's own."""

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from free_ports import free_port

from devenv.aws import Aws
from devenv.bootstrap.model_files import PreparedModel, prepare
from devenv.environment import bring_up, take_down
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, read_settings
from devenv.stack.embedded import Embedded

from .zip_functions import Functions

ROOT = Path(__file__).parents[2]


def instance_variables(home: Path) -> dict[str, str]:
    """The settings of an environment of its own: other ports, another DEVENV_HOME."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "DEVENV_HOME": str(home),
    }


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of the tests' environment, which are in `os.environ` too while tests run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("AWS_", "MLFLOW_", "DEVENV_"))]:
            if name != "AWS_CA_BUNDLE":
                patch.delenv(name)
        for name, value in instance_variables(tmp_path_factory.mktemp("devenv")).items():
            patch.setenv(name, value)
        yield read_settings(os.environ, ROOT)


@pytest.fixture(scope="session")
def aws(settings: Settings) -> Aws:
    return Aws(settings)


@pytest.fixture(scope="session")
def system(settings: Settings, aws: Aws) -> Iterator[Settings]:
    """The whole system, up and bootstrapped once; its settings."""
    lines: list[str] = []
    try:
        bring_up(settings, aws, lines.append, trips=None)
        yield settings
    finally:
        take_down(Embedded(settings, lines.append))


@pytest.fixture(scope="session")
def prepared() -> PreparedModel:
    """The model that the bootstrap trains too: the data and the seed are the same."""
    return prepare(PIPELINES["ride"], None)


@pytest.fixture
def functions(system: Settings, aws: Aws, request: pytest.FixtureRequest) -> Iterator[Functions]:
    """Makes zip functions with names of this test's own, gone after it."""
    words = re.sub(r"\W+", "-", request.node.name).strip("-")
    made = Functions(aws, f"{words[:40]}-{uuid.uuid4().hex[:6]}")
    yield made
    made.delete()
