"""A pytest plugin: the whole environment as fixtures, for tests of this and of other projects.

In the top conftest.py:

    pytest_plugins = ["devenv.testing"]

    def test_a_ride(devenv_system: Settings, devenv_aws: Aws) -> None: ...

It adds `--engine` with its choices docker, embedded, endpoint and auto (the default: Docker where
an engine answers, else embedded); what a run uses stands in pytest's header. The fixtures live as
long as the session: `engine`, `devenv_settings`, `devenv_aws`, `devenv_system` (all up and
bootstrapped), `devenv_function_engine`, `devenv_endpoint_inside`, `devenv_images` and
`devenv_network`. The project's folder (pytest's rootdir) holds `lambda_function.py` and the locks;
for Docker compose.yaml too. A test that fails is reported with the end of the emulator's log.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devenv.aws import Aws
from devenv.bootstrap import steps
from devenv.environment import bring_up, model_source, take_down
from devenv.errors import DevenvError
from devenv.pages import PLUGINS_PAGE, fetch
from devenv.settings import Settings, load_dotenv, read_settings
from devenv.stack.embedded import Embedded
from devenv.stack.process import Registry
from devenv.system import read_system
from devenv.testing.engine import AUTO, Engine, choose
from devenv.testing.ports import free_port

if TYPE_CHECKING:
    from testcontainers.core.network import Network

CHOICE = pytest.StashKey[tuple[Engine, str]]()
LOG = pytest.StashKey[Callable[[], str]]()
"""Reads the emulator's log; set while there is one."""
LOG_LINES = 60
SUCCEEDED = re.compile(r"localstack\.request\.\w+ .* => 2\d\d")
FUNCTION_IMAGE = "stream-model-duration:latest"


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and (log := item.config.stash.get(LOG, None)):
        report.sections.append(("The emulator's log", _end(log())))
    return report


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Engine:
    """What the environment of this run's tests runs on."""
    return pytestconfig.stash[CHOICE][0]


@pytest.fixture(scope="session")
def devenv_settings(
    engine: Engine, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Settings of the tests' environment, which are in `os.environ` too while tests run: ports
    and a DEVENV_HOME of its own, whatever the developer has exported."""
    root = pytestconfig.rootpath
    if engine is Engine.ENDPOINT:
        environ = dict(os.environ)
        load_dotenv(environ, root)
        if not environ.get("AWS_ENDPOINT_URL"):
            pytest.fail(
                "--engine endpoint: AWS_ENDPOINT_URL is not set, so there's no endpoint to test. "
                "(These tests change the streams and functions of a whole system: they don't run "
                "on AWS itself. tests/conformance does.)",
                pytrace=False,
            )
        with pytest.MonkeyPatch.context() as patch:
            for name in environ.keys() - os.environ.keys():
                patch.setenv(name, environ[name])
            if image := _image_there(read_settings(os.environ, root)):
                patch.setenv("FUNCTION_IMAGE_URI", image)
            yield read_settings(os.environ, root)
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("AWS_", "MLFLOW_", "DEVENV_"))]:
            if name != "AWS_CA_BUNDLE":
                patch.delenv(name)
        for name, value in instance_variables(tmp_path_factory.mktemp("devenv")).items():
            patch.setenv(name, value)
        if engine is Engine.DOCKER:
            patch.setenv("FUNCTION_IMAGE_URI", FUNCTION_IMAGE)
        yield read_settings(os.environ, root)


@pytest.fixture(scope="session")
def devenv_aws(devenv_settings: Settings) -> Aws:
    """Clients for the tests' environment."""
    return Aws(devenv_settings)


@pytest.fixture(scope="session")
def devenv_images(engine: Engine, pytestconfig: pytest.Config) -> None:
    """compose.yaml's images, built if the engine is Docker."""
    if engine is Engine.DOCKER:
        from devenv.testing import containers

        containers.build_images(pytestconfig.rootpath)


@pytest.fixture(scope="session")
def devenv_network(
    engine: Engine,
    devenv_settings: Settings,
    devenv_images: None,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["Network | None"]:
    """The engine's network with emulator, MLflow and registry on it; None but for Docker."""
    if engine is not Engine.DOCKER:
        yield None
        return
    from devenv.testing import containers

    (devenv_settings.home / "logs").mkdir()
    shared = tmp_path_factory.getbasetemp()
    port = int(os.environ["DEVENV_REGISTRY_PORT"])
    with containers.environment(devenv_settings, shared, port, lambda line: None) as network:
        pytestconfig.stash[LOG] = lambda: containers.emulator_log(network)
        yield network
        del pytestconfig.stash[LOG]


@pytest.fixture(scope="session")
def devenv_system(
    engine: Engine,
    devenv_settings: Settings,
    devenv_aws: Aws,
    devenv_network: "Network | None",
    pytestconfig: pytest.Config,
) -> Iterator[Settings]:
    """The whole system, up and bootstrapped once; its settings."""
    said: list[str] = []
    try:
        if engine is Engine.EMBEDDED:
            log = Registry(devenv_settings.home).log_file("emulator")
            pytestconfig.stash[LOG] = lambda: log.read_text(errors="replace")
            bring_up(devenv_settings, devenv_aws, said.append)
        else:
            steps.run(
                devenv_settings,
                devenv_aws,
                said.append,
                model_source(None, devenv_settings.pipeline),
            )
        yield devenv_settings
    except DevenvError as error:
        error.add_note("\n".join(said))
        raise
    finally:
        if engine is Engine.EMBEDDED:
            embedded = Embedded(devenv_settings, said.append)
            with embedded.exclusive():
                take_down(embedded)


@pytest.fixture(scope="session")
def devenv_function_engine(engine: Engine, devenv_settings: Settings) -> Engine:
    """What functions run on: Docker's containers, or embedded, as processes."""
    if engine is not Engine.ENDPOINT:
        return engine
    plugins = fetch(f"{devenv_settings.endpoint_url}{PLUGINS_PAGE}") or b""
    return Engine.DOCKER if b"ContainerExecutor" in plugins else Engine.EMBEDDED


@pytest.fixture(scope="session")
def devenv_endpoint_inside(devenv_function_engine: Engine, devenv_settings: Settings) -> str:
    """AWS_ENDPOINT_URL as functions have it."""
    if devenv_function_engine is Engine.DOCKER:
        return "http://localstack:4566"
    return str(devenv_settings.endpoint_url)


def _end(log: str) -> str:
    """Return the last lines of a log, without the requests that succeeded."""
    lines = (line for line in log.splitlines() if not SUCCEEDED.search(line))
    return "\n".join(deque(lines, LOG_LINES))


def _image_there(settings: Settings) -> str | None:
    """The image that the endpoint's function was made from serves the tests' functions too: one
    named by its content, as the bootstrap names it here, may not exist there."""
    return settings.image_uri or read_system(settings, Aws(settings)).function.image_uri


def instance_variables(home: Path) -> dict[str, str]:
    """The settings of an environment of its own: other ports, another DEVENV_HOME."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "DEVENV_FUNCTION_PORT": str(free_port()),
        "DEVENV_REGISTRY_PORT": str(free_port()),
        "DEVENV_HOME": str(home),
    }
