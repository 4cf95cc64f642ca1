"""Which engine tests run the environment on, chosen by `--engine`."""

from enum import StrEnum

import pytest


class Engine(StrEnum):
    """What is behind the endpoint of a test run."""

    DOCKER = "docker"
    """Containers of the project's images, on a network of their own."""
    EMBEDDED = "embedded"
    """Processes of this machine, as `devenv up` starts them."""
    ENDPOINT = "endpoint"
    """What AWS_ENDPOINT_URL and MLFLOW_TRACKING_URI name; nothing is started or stopped."""


AUTO = "auto"


def choose(wanted: str) -> tuple[Engine, str]:
    """The engine that `--engine WANTED` means here, and why. Raises `pytest.UsageError` for one
    that can't be used: tests that were asked for must not quietly run on another."""
    if wanted == AUTO:
        trouble = docker_trouble()
        if trouble is None:
            return Engine.DOCKER, "a Docker engine answers"
        return Engine.EMBEDDED, f"no Docker engine: {trouble}"
    engine = Engine(wanted)
    if engine is Engine.DOCKER and (trouble := docker_trouble()):
        raise pytest.UsageError(f"--engine docker: {trouble}. Start it, or use --engine embedded.")
    return engine, "asked for"


def docker_trouble() -> str | None:
    """Why Docker can't be used; None if it can."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=10)
    except DockerException as error:
        return str(error)
    try:
        client.ping()
    except (DockerException, OSError) as error:
        return str(error)
    finally:
        client.close()
    return None
