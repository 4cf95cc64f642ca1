"""A pytest plugin: the whole environment as fixtures, for tests of this and of other projects.

In the top conftest.py: `pytest_plugins = ["devenv.testing"]`. It adds `--engine` with its choices
docker, embedded, endpoint and auto (the default: Docker where an engine answers, else embedded),
and the fixture `engine`; what the run uses stands in pytest's header.
"""

import pytest

from devenv.testing.engine import AUTO, Engine, choose

CHOICE = pytest.StashKey[tuple[Engine, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=(AUTO, *Engine),
        default=AUTO,
        help="What the environment of tests runs on: containers, processes, or what "
        "AWS_ENDPOINT_URL names (default: %(default)s).",
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.help:
        config.stash[CHOICE] = choose(config.getoption("--engine"))


def pytest_report_header(config: pytest.Config) -> str:
    engine, why = config.stash[CHOICE]
    return f"engine: {engine} ({why})"


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Engine:
    """What the environment of this run's tests runs on."""
    return pytestconfig.stash[CHOICE][0]
