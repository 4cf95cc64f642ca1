"""The two servers of the embedded environment: how each is started, and when it is ready."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devenv.errors import BadInput, DevenvError
from devenv.pages import PLUGINS_PAGE, fetch
from devenv.settings import Settings, address, is_loopback
from devenv.stack import private, registry_file
from devenv.stack.function_packages import FunctionPackages

PLUGINS = {"kinesis:devenv", "s3:devenv", "ProcessExecutor"}
"""What the emulator must have found of ours."""

EMULATOR_PAGE = "/_localstack/health"
MLFLOW_PAGE = "/health"

MLFLOW_VARIABLES = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class Service:
    """One server: what starts it and where it answers."""

    name: str
    url: str
    setting: str
    """The variable that says where it listens."""
    command: tuple[str, ...]
    health_path: str
    timeout: float
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "PYTHONUNBUFFERED": "1", **self.variables}

    def is_healthy(self) -> bool:
        return fetch(self.url + self.health_path) is not None


def emulator(settings: Settings, packages: FunctionPackages) -> Service:
    """LocalStack with this project's plugins. Raises `BadInput` if it can't listen there."""
    if settings.endpoint_url is None or not settings.is_local:
        raise BadInput(
            f"AWS_ENDPOINT_URL={settings.endpoint_url or ''} is not on this machine, so there's no "
            "emulator to start: set it to http://127.0.0.1:4566 (cp .env.example .env). What is "
            "elsewhere takes `devenv bootstrap` (AWS: docs/aws.md)."
        )
    address(settings.endpoint_url, "AWS_ENDPOINT_URL")
    return Service(
        name="emulator",
        url=settings.endpoint_url,
        setting="AWS_ENDPOINT_URL",
        command=(sys.executable, "-m", "devenv.emulator"),
        health_path=EMULATOR_PAGE,
        timeout=90,
        variables={
            "AWS_ENDPOINT_URL": settings.endpoint_url,
            "DEVENV_HOME": str(settings.home),
            "DEVENV_FUNCTION_PORT": str(settings.function_port),
            "FUNCTION_NAME": settings.function_name,
            "DEVENV_IMAGE_REPOSITORY": settings.image_repository,
            "DEVENV_IMAGE_ROOT": str(settings.root),
            "DEVENV_IMAGE_PACKAGES": str(packages.of_locks),
            "DEVENV_ZIP_PYTHON": str(packages.zip_python),
            "DEVENV_RUNTIME_DIR": str(packages.runtime_folder),
            "DEVENV_FUNCTION_LOG": str(settings.home / "logs" / "function.log"),
        },
    )


def mlflow_server(settings: Settings) -> Service | None:
    """MLflow on SQLite; None where MLFLOW_TRACKING_URI names a server elsewhere."""
    url = settings.mlflow_tracking_uri
    if url is None:
        raise BadInput("MLFLOW_TRACKING_URI is not set: put http://127.0.0.1:5000 into .env.")
    if not is_loopback(url):
        return None
    host, port = address(url, "MLFLOW_TRACKING_URI")
    database = registry_file.place(settings.home)
    private.ensure(database.parent)
    command = mlflow_command(database, settings.model_bucket, host, port)
    return Service(
        name="mlflow",
        url=url,
        setting="MLFLOW_TRACKING_URI",
        command=(sys.executable, *command),
        health_path=MLFLOW_PAGE,
        timeout=120,
        variables=MLFLOW_VARIABLES,
    )


def runs_functions_here(settings: Settings) -> bool:
    """Whether the endpoint is an emulator that runs functions as processes of this machine, whoever
    started it: it takes their packages from the checkout."""
    if not settings.is_local:
        return False
    return b"ProcessExecutor" in (fetch(f"{settings.endpoint_url}{PLUGINS_PAGE}") or b"")


def answering(settings: Settings, name: str) -> str | None:
    """Where a server answers in place of the one called `name`, whoever started it."""
    url, page = {
        "emulator": (settings.endpoint_url, EMULATOR_PAGE),
        "mlflow": (settings.mlflow_tracking_uri, MLFLOW_PAGE),
    }[name]
    return url if url is not None and fetch(url + page) is not None else None


def mlflow_command(
    database: Path, bucket: str, host: str, port: int, allowed_hosts: str | None = None
) -> tuple[str, ...]:
    """What Python is given to run the server. `allowed_hosts`: MLflow's option, for a `host`
    that isn't this machine's alone."""
    hosts = ("--allowed-hosts", allowed_hosts) if allowed_hosts else ()
    return (
        *("-m", "devenv.stack.mlflow_server", "--host", host, "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{database}"),
        # Clients read and write S3 themselves: the function needs the s3:// address anyway.
        *("--default-artifact-root", f"s3://{bucket}/"),
        *hosts,
    )


def check_plugins(emulator_url: str) -> None:
    """Raise `DevenvError` unless the emulator runs with all plugins of ours.

    LocalStack falls back to its own with no more than a warning.
    """
    page = fetch(f"{emulator_url}{PLUGINS_PAGE}")
    missing = PLUGINS.difference(json.loads(page) if page else [])
    if missing:
        raise DevenvError(
            f"The emulator at {emulator_url} did not load this project's plugins "
            f"({', '.join(sorted(missing))}). Run scripts/setup to install their entry points, "
            "then `devenv down` and `devenv up`."
        )
