"""The Docker engine, as seen by an emulator that is itself one of its containers.

Functions' containers join the network that the emulator's container is on, so that both find each
other there, and carry its name in a label: by that an emulator that starts removes what one that
was killed has left behind. `docker` is imported here and in `container_sandbox` alone.
"""

import functools
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container
from docker.models.images import Image

from devenv.errors import DevenvError

OWNER = "devenv.emulator"
"""The label of functions' containers: the name of the emulator's container."""

FUNCTIONS = "functions"
"""The name of functions' network in compose.yaml."""

COMPOSE = "com.docker.compose."
API_TIMEOUT = 60


@dataclass(frozen=True)
class ContainerEngine:
    """The engine, and where on it the emulator runs."""

    client: docker.DockerClient
    owner: str
    network: str
    address: str
    """The emulator's own on that network."""
    has_own_network: bool
    """Whether nobody but functions is on that network."""
    labels: Mapping[str, str]
    """What functions' containers carry."""
    architecture: str
    """The engine's, as Go names it: amd64, arm64."""
    cpus: int

    def image(self, uri: str, login: Mapping[str, str] | None = None) -> Image:
        """The image by tag or digest: this engine's own, else from the registry that `uri` names.

        Raises `DevenvError` if it's nowhere, or is made for another platform. A name without a
        registry is never looked for at Docker Hub, where it would be a stranger's.
        """
        with _explained(f"Image {uri} can't be had"):
            try:
                image = self.client.images.get(uri)
            except ImageNotFound:
                if not has_registry(uri):
                    raise DevenvError(
                        f"Image {uri} is not on this Docker engine: build it (docker build -t "
                        f"{uri} .), put right FUNCTION_IMAGE_URI if it is mistyped, or name its "
                        "registry to have it pulled."
                    ) from None
                image = self.client.images.pull(uri, auth_config=dict(login) if login else None)
        made_for = image.attrs["Architecture"]
        if made_for != self.architecture:
            raise DevenvError(
                f"Image {uri} is made for {image.attrs['Os']}/{made_for}, and this Docker engine "
                f"runs linux/{self.architecture}: build it with "
                f"--platform linux/{self.architecture}."
            )
        return image

    def leftovers(self) -> list[Container]:
        """Functions' containers of this emulator that are there, running or not."""
        with _explained("Functions' containers can't be listed"):
            return self.client.containers.list(
                all=True, filters={"label": f"{OWNER}={self.owner}"}, ignore_removed=True
            )

    def remove_leftovers(self) -> int:
        """Remove them all; how many there were."""
        found = self.leftovers()
        for container in found:
            remove(container)
        return len(found)


@functools.cache
def container_engine() -> ContainerEngine:
    """The engine of this emulator. Raises `DevenvError` if there's none, or if this process is
    not in a container of it: then functions' containers couldn't reach it. A failure isn't kept:
    the next call tries again."""
    with _explained("Docker can't be reached"):
        client = docker.from_env(timeout=API_TIMEOUT)
        version = client.version()
        try:
            own = client.containers.get(socket.gethostname())
        except docker.errors.NotFound as error:
            raise DevenvError(
                f"The emulator is not in a container of its Docker engine (none is called "
                f"{socket.gethostname()}): start it by docker compose, or without "
                "DEVENV_FUNCTIONS=containers."
            ) from error
        networks = own.attrs["NetworkSettings"]["Networks"]
        network = functions_network(networks)
        if network is None:
            raise DevenvError(
                "The emulator's container is on Docker's default network, where no names are "
                "known: put it on a network of its own (docker network create)."
            )
        return ContainerEngine(
            client,
            str(own.name),
            network,
            str(networks[network]["IPAddress"]),
            is_functions_own(network),
            {OWNER: str(own.name), **_compose_labels(own.labels)},
            version["Arch"],
            int(client.info()["NCPU"]),
        )


def functions_network(names: Iterable[str]) -> str | None:
    """Of the networks that the emulator is on, the one for functions: `functions` in compose.yaml,
    else any but Docker's default one."""
    found = [name for name in names if name != "bridge"]
    return next(filter(is_functions_own, found), found[0] if found else None)


def is_functions_own(network: str) -> bool:
    return network.rpartition("_")[2] == FUNCTIONS


def has_registry(uri: str) -> bool:
    host, slash, _ = uri.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")


def remove(container: Container) -> None:
    """Kill and remove it with its volumes; that somebody else did so is fine."""
    try:
        container.remove(force=True, v=True)
    except APIError as error:
        if error.status_code not in (404, 409):  # Gone, or just being removed.
            raise


def _compose_labels(own: Mapping[str, str]) -> dict[str, str]:
    """As `docker compose run` labels what it starts, so that `down --remove-orphans` takes it along
    whatever has become of the emulator."""
    if f"{COMPOSE}project" not in own:
        return {}
    kept = [f"{COMPOSE}{name}" for name in ("project", "service", "config-hash")]
    labels = {name: own[name] for name in kept if name in own}
    return {**labels, f"{COMPOSE}oneoff": "True", f"{COMPOSE}container-number": "1"}


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Errors of the engine, or of not reaching it, as ours."""
    try:
        yield
    except (DockerException, OSError) as error:
        where = os.environ.get("DOCKER_HOST", "/var/run/docker.sock")
        reason = getattr(error, "explanation", None) or error
        raise DevenvError(
            f"{what}: {reason}. (Docker at {where}; is its socket mounted?)"
        ) from error
