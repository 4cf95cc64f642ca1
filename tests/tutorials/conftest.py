"""A tutorial's reader at the terminal, with the account and region of the tutorial.

An access key of twelve digits is that account's, here: so a tutorial's ARNs are right as they
stand, and no tutorial meets what another has made.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import docker
import pytest

from devenv.bootstrap.model_files import prepare, publish
from devenv.bootstrap.registry import Registry
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, read_settings
from devenv.testing import CHOICE
from devenv.testing.engine import Engine
from devenv.testing.ports import free_port

from .page import block
from .quick_aws import quick_aws
from .steps import Seed
from .terminal import Terminal

ROOT = Path(__file__).parents[2]

if TYPE_CHECKING:
    from testcontainers.core.network import Network

BUILT = (
    "stream-model-duration:v1",
    "bike-prediction:v1",
    "ride-duration-prediction-service:v1",
)
"""The images that the tutorials build."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """They begin with accounts in which nothing is, and leave things there: not at an endpoint."""
    return True if config.stash[CHOICE][0] is Engine.ENDPOINT else None


Sit = Callable[[Seed], Terminal]


@pytest.fixture(scope="session")
def bikes_run(devenv_system: Settings) -> str:
    """A run with a bikes' model, on the environment's MLflow server."""
    settings = read_settings({**os.environ, "PIPELINE": "bike"}, devenv_system.root)
    made = publish(
        prepare(PIPELINES["bike"], None), settings, Registry(settings.mlflow_tracking_uri)
    )
    assert made.run_id is not None
    return made.run_id


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with `aws`, before all others on the path."""
    with quick_aws(tmp_path_factory.mktemp("aws")) as folder:
        yield folder


@pytest.fixture(scope="session")
def engines_variables(
    engine: Engine, devenv_system: Settings, devenv_network: "Network | None"
) -> Iterator[dict[str, str]]:
    """Where the function by itself is, and the network for containers."""
    if devenv_network is None:
        yield {"FUNCTION_PORT": str(devenv_system.function_port)}
        return
    with no_image_stays(f"localhost:{os.environ['DEVENV_REGISTRY_PORT']}/"):
        yield {"FUNCTION_PORT": str(free_port()), "NETWORK": str(devenv_network.name)}


@contextmanager
def no_image_stays(registry: str) -> Iterator[None]:
    """Images that the tutorials build, and tag for the registry, are gone afterwards; what had
    such a name before has it again."""
    client = docker.from_env()
    before = {tag: image for image in client.images.list() for tag in image.tags}
    yield
    for tag in [tag for image in client.images.list() for tag in image.tags]:
        if tag in BUILT or tag.startswith(registry):
            client.images.remove(tag, force=True)  # Functions of it may still be running.
    for tag in before.keys() & set(BUILT):
        before[tag].tag(tag)
    client.close()


@pytest.fixture(scope="module")
def sit(
    devenv_system: Settings,
    engines_variables: dict[str, str],
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sit]:
    """Opens a terminal in an empty folder, and begins as docs/tutorials.md says; closed after the
    module's tests, and what works on in the tutorial's account is removed."""
    with ExitStack() as opened:

        def open_terminal(seed: Seed) -> Terminal:
            folder = tmp_path_factory.mktemp(f"tutorial-{seed.number}")
            environ = {
                **os.environ,
                **engines_variables,
                "AWS_EC2_METADATA_DISABLED": "true",
                "CHECKOUT": str(ROOT),
                "DEVENV_WEB_PORT": str(free_port()),
                "HOME": str(folder),
                "LC_ALL": "C.UTF-8",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
            opened.callback(tidy_up, seed, devenv_system)
            terminal = opened.enter_context(closing(Terminal(folder, environ)))
            begin = block("Begin").replace("387546586013", seed.account)
            begun = terminal.type(begin.replace("eu-west-1", seed.region))
            assert begun.code == 0, begun.text
            return terminal

        yield open_terminal


def tidy_up(seed: Seed, settings: Settings) -> None:
    """Delete the mappings and functions of the tutorial's account."""
    functions = boto3.client(
        "lambda",
        endpoint_url=settings.endpoint_url,
        region_name=seed.region,
        aws_access_key_id=seed.account,
        aws_secret_access_key="test",
    )
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
    for function in functions.list_functions()["Functions"]:
        functions.delete_function(FunctionName=function["FunctionName"])
