"""Building by Docker's command line, since only buildx builds for a platform; pushing by its API,
which takes the login with the request, so that none is left in anybody's configuration."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import docker
from docker.errors import DockerException

from devenv.errors import DevenvError, Unreachable

PUSH_TIMEOUT = 900
"""Seconds without a word from the engine; a layer may take long to upload."""


@dataclass(frozen=True)
class Login:
    """To an image registry."""

    name: str
    password: str = field(repr=False)


class DockerEngine:
    """The engine that the `docker` command speaks to, its context included."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client

    def build(self, context: Path, name: str, platform: str) -> None:
        """Build `context` as image `name`: one platform's, without attestations, which would make
        a list of it that Lambda refuses. What Docker says goes to stderr."""
        command = (
            *("docker", "buildx", "build", "--platform", platform),
            *("--provenance=false", "--sbom=false", "--load", "--tag", name, str(context)),
        )
        if code := subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise DevenvError(
                f"`{' '.join(command)}` ended with {code}: see above. For another platform than "
                "this machine's Docker needs QEMU (docker run --privileged tonistiigi/binfmt "
                "--install all), or choose with FUNCTION_ARCHITECTURE."
            )

    def push(self, repository: str, tag: str, login: Login) -> str:
        """Push an image, and return its digest as the registry has it."""
        auth = {"username": login.name, "password": login.password}
        try:
            answers = self._client.api.push(
                repository, tag, stream=True, decode=True, auth_config=auth
            )
            digest = None
            for answer in answers:
                if "error" in answer:
                    raise DevenvError(f"Pushing {repository}:{tag} failed: {answer['error']}.")
                digest = answer.get("aux", {}).get("Digest", digest)
        except DockerException as error:
            raise DevenvError(f"Pushing {repository}:{tag} failed: {error}.") from error
        if digest is None:
            raise DevenvError(f"Docker pushed {repository}:{tag} without naming its digest.")
        return str(digest)


def find_engine() -> DockerEngine:
    """Raises `DevenvError` for what is missing of Docker, with where it is to be had."""
    if shutil.which("docker") is None:
        raise DevenvError(
            "`devenv publish` builds the image with Docker, and there's no `docker` command here: "
            "install it (https://docs.docker.com/get-docker/), or publish from another machine."
        )
    if not _asked("buildx", "version"):
        raise DevenvError(
            "`devenv publish` needs Docker's buildx plugin, and `docker buildx version` fails: "
            "install it (Debian: docker-buildx; Docker Desktop has it)."
        )
    host = os.environ.get("DOCKER_HOST")
    address = _asked("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    try:
        # From the environment with DOCKER_HOST, for its TLS settings are there, too.
        client = (
            docker.from_env(timeout=PUSH_TIMEOUT)
            if host or not address
            else docker.DockerClient(base_url=address, timeout=PUSH_TIMEOUT)
        )
        client.ping()
    except DockerException as error:
        raise Unreachable(
            f"Docker at {host or address} does not answer ({error}). Start it, then try again."
        ) from error
    return DockerEngine(client)


def _asked(*arguments: str) -> str:
    """What the command printed; nothing if it failed."""
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
