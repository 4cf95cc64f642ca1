"""The environment in containers that testcontainers starts: network, emulator, MLflow, the image
registry, a function.

The containers are those of compose.yaml, under ports that `Settings` names, so that tests can run
beside a developer's own environment. Making the system in them is the bootstrap's, as everywhere.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from docker.models.containers import Container
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.network import Network

from devenv.errors import DevenvError
from devenv.pages import PLUGINS_PAGE, fetch
from devenv.settings import Settings, address
from devenv.stack.services import MLFLOW_VARIABLES, mlflow_command
from devenv.wait import wait_for

ENVIRONMENT_IMAGE = "devenv"
REGISTRY_IMAGE, REGISTRY_FOLDER = "registry:2", "/var/lib/registry"
EMULATOR_INSIDE = "http://localstack:4566"
"""The emulator as containers find it."""
START_TIMEOUT = 180.0
CAPABILITIES = ("CHOWN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE")
"""The emulator's in compose.yaml, and the last one, since `shared` is somebody else's folder."""

MLFLOW_HOSTS = "mlflow:*,localhost:*,127.0.0.1:*"
"""Under which names MLflow is asked, as in compose.yaml."""

AWS = {
    "AWS_ENDPOINT_URL": EMULATOR_INSIDE,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


SOCKET = "/var/run/docker.sock"


def docker_socket(environ: Mapping[str, str]) -> str:
    """The path of the engine's socket on this machine: DOCKER_HOST's, if that names one."""
    kind, _, path = environ.get("DOCKER_HOST", "").partition("://")
    return path if kind == "unix" else environ.get("DOCKER_SOCKET", SOCKET)


def build_images(root: Path) -> None:
    """Build compose.yaml's images; seconds if nothing has changed. Raises `DevenvError`."""
    command = ["docker", "compose", "build", "--quiet"]
    # With FUNCTION_IMAGE_URI compose takes the function's image as it is.
    environ = {n: v for n, v in os.environ.items() if n != "FUNCTION_IMAGE_URI"}
    done = subprocess.run(
        command, cwd=root, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DevenvError(f"{' '.join(command)} failed in {root}: {done.stderr.strip()[-2000:]}")


@contextmanager
def environment(
    settings: Settings, shared: Path, registry_port: int, say: Callable[[str], None]
) -> Iterator[Network]:
    """Start emulator, MLflow and registry, wait until they answer, and remove all in the end.

    `shared` is a folder of this machine that the emulator sees under the same path;
    `settings.home` must be in it.
    """
    # Its reaper is an image to be pulled, and wouldn't know of the containers that the emulator
    # starts; what is started here is removed on failure and Ctrl-C, too.
    testcontainers_config.ryuk_disabled = True
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        functions = Network()
        functions.name = f"{network.name}_functions"  # As compose.yaml's.
        stack.enter_context(functions)
        emulator = stack.enter_context(
            _container(network, Emulator(functions), "localstack", 4566, settings.endpoint_url)
            .with_envs(**AWS, DEVENV_FUNCTION_CPU_LIMIT="0", DEVENV_HOME=str(settings.home))
            .with_env("DEVENV_FUNCTION_LOG", str(settings.home / "logs" / "function.log"))
            .with_env("DEVENV_EMULATOR_PORT", str(address(settings.endpoint_url or "", "")[1]))
            .with_env("DEVENV_REGISTRY", f"localhost:{registry_port}")
            .with_volume_mapping(str(shared), str(shared), "rw")
            .with_volume_mapping(docker_socket(os.environ), SOCKET, "rw")
            .with_kwargs(init=True, user="root", cap_drop=["ALL"], cap_add=list(CAPABILITIES))
        )
        stack.callback(_stop, emulator)
        command = mlflow_command(
            Path("/tmp/mlflow.db"), settings.model_bucket, "0.0.0.0", 5000, MLFLOW_HOSTS
        )
        mlflow = stack.enter_context(
            _container(
                network,
                DockerContainer(ENVIRONMENT_IMAGE),
                "mlflow",
                5000,
                settings.mlflow_tracking_uri,
            )
            .with_envs(**AWS, **MLFLOW_VARIABLES)
            .with_command(["python", *command])
        )
        for container, page in (
            (emulator, f"{settings.endpoint_url}{PLUGINS_PAGE}"),
            (mlflow, f"{settings.mlflow_tracking_uri}/health"),
        ):
            _await(container, page)
            say(f"{page} answers")
        pages = f"http://127.0.0.1:{registry_port}/"
        _await(stack.enter_context(_registry(network, settings.home, pages)), pages)
        yield network


def emulator_log(network: Network) -> str:
    """Return the log of the emulator on `network`."""
    for container in DockerClient().client.containers.list(filters={"network": str(network.id)}):
        if "4566/tcp" in container.ports:
            return str(container.logs().decode(errors="replace"))
    return "its container has ended"


def _registry(network: Network, home: Path, url: str) -> DockerContainer:
    """On the settings that the emulator has written, and with the folder that both read."""
    command = ["/bin/registry", "serve", f"{REGISTRY_FOLDER}/config.yml"]
    return (
        _container(network, DockerContainer(REGISTRY_IMAGE), "registry", 5000, url)
        .with_volume_mapping(str(home / "emulator" / "registry"), REGISTRY_FOLDER, "rw")
        .with_env("OTEL_TRACES_EXPORTER", "none")
        .with_kwargs(init=True, entrypoint=command)
    )


@contextmanager
def function(network: Network, image: str, port: int, **variables: str) -> Iterator[str]:
    """The function's image by itself, under the runtime interface emulator; its address for
    invocations, one at a time."""
    url = f"http://127.0.0.1:{port}"
    made = DockerContainer(image)
    container = _container(network, made, "function", 8080, url).with_envs(**AWS, **variables)
    with container:
        yield f"{url}/2015-03-31/functions/function/invocations"


class Emulator(DockerContainer):
    """The emulator's container, which is on functions' network, too, before it starts."""

    def __init__(self, functions: Network) -> None:
        super().__init__(ENVIRONMENT_IMAGE)
        self._client = _ConnectingClient(functions)

    def get_docker_client(self) -> DockerClient:
        return self._client


class _ConnectingClient(DockerClient):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    def start(self, container: Container) -> None:
        self._network.connect(str(container.id), ["localstack"])
        super().start(container)


def _container(
    network: Network, container: DockerContainer, alias: str, port: int, url: str | None
) -> DockerContainer:
    """Its `port` is published where `url` points."""
    container.with_network(network).with_network_aliases(alias)
    # With the address: testcontainers' own ports are open to the whole network.
    container.ports[f"{port}/tcp"] = address(url or "", "The test's address")  # type: ignore[assignment]
    return container.with_kwargs(init=True)


def _stop(emulator: DockerContainer) -> None:
    """By SIGTERM first: it removes the functions' containers, which hold on to the network."""
    emulator.get_wrapped_container().stop(timeout=20)


def _await(container: DockerContainer, page: str) -> None:
    def probe() -> bool:
        if fetch(page) is not None:
            return True
        wrapped = container.get_wrapped_container()
        wrapped.reload()
        if wrapped.status == "exited":
            words = wrapped.logs(tail=20).decode(errors="replace")
            raise DevenvError(f"The container for {page} has ended: {words}")
        return False

    wait_for(probe, timeout=START_TIMEOUT, interval=0.3, failure=f"{page} did not answer")
