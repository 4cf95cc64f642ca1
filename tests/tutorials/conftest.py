"""A tutorial's reader at the terminal, with an account and a region of the tutorial's own.

An access key of twelve digits is that account's, here: so a tutorial's ARNs are right as they
stand, and no tutorial meets what another has made.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devenv.aws import Aws
from devenv.bootstrap.model_files import prepare, publish
from devenv.bootstrap.registry import Registry
from devenv.pipelines import PIPELINES
from devenv.settings import Settings, read_settings
from devenv.testing.ports import free_port

from .terminal import Terminal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bikes_run(devenv_system: Settings) -> str:
    """A run with a bikes' model, on the environment's MLflow server."""
    settings = read_settings({**os.environ, "PIPELINE": "bike"}, devenv_system.root)
    made = publish(
        prepare(PIPELINES["bike"], None), settings, Registry(settings.mlflow_tracking_uri)
    )
    assert made.run_id is not None
    return made.run_id


Sit = Callable[..., Terminal]


@pytest.fixture(scope="module")
def champion_run(devenv_system: Settings, devenv_aws: Aws) -> str:
    """The run whose model the environment's own function has: a RUN_ID of the reader's own."""
    name = devenv_system.function_name
    found = devenv_aws.functions.get_function_configuration(FunctionName=name)
    return found["Environment"]["Variables"]["RUN_ID"]


@pytest.fixture(scope="module")
def sit(
    devenv_system: Settings, champion_run: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sit]:
    """Opens a terminal in an empty folder; closed after the module's tests."""
    opened: list[Terminal] = []

    def open_terminal(account: str, region: str) -> Terminal:
        folder = tmp_path_factory.mktemp("tutorial")
        environ = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": str(folder / ".aws" / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / ".aws" / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CHECKOUT": str(ROOT),
            "FUNCTION_PORT": str(devenv_system.function_port),
            "OWN_ACCOUNT": os.environ["AWS_ACCESS_KEY_ID"],
            "OWN_REGION": os.environ["AWS_DEFAULT_REGION"],
            "DEVENV_WEB_PORT": str(free_port()),
            "CHAMPION_RUN": champion_run,
        }
        opened.append(Terminal(folder, environ))
        return opened[-1]

    yield open_terminal
    for terminal in opened:
        terminal.close()
