"""`python -m devenv.stack.mlflow_server`: the MLflow tracking server in one process.

`mlflow server` imports all of MLflow twice: in the process that it starts as, to prepare the
database, and in uvicorn's, which serves. Here both happen in one process. The application, its
options and its defaults are MLflow's own; what `mlflow.server._run_server` hands to its child by
variables is set here, and a test compares the two servers.

Artifacts are not served, and jobs are not executed: see `services.mlflow_command`.
"""

import argparse
import gc
import logging
import os
import sys
import uuid
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devenv.stack import registry_template

SQLITE = "sqlite:///"
HEALTH = "/health"


class WithoutHealthChecks(logging.Filter):
    """Keeps health checks that went well out of the access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """uvicorn's arguments are client, method, path, HTTP's version, status."""
        arguments = record.args if isinstance(record.args, tuple) else ()
        return not (len(arguments) == 5 and arguments[2] == HEALTH and arguments[4] == 200)


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, under the names that `mlflow server` has for them."""
    parser = argparse.ArgumentParser("devenv.stack.mlflow_server", allow_abbrev=False)
    parser.add_argument("--backend-store-uri", required=True)
    parser.add_argument("--default-artifact-root", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--allowed-hosts")
    parser.add_argument("--cors-allowed-origins")
    return parser.parse_args(arguments)


def variables(given: argparse.Namespace) -> Mapping[str, str]:
    """What MLflow's application is told through the environment."""
    told = {
        "_MLFLOW_SERVER_FILE_STORE": given.backend_store_uri,
        "_MLFLOW_SERVER_REGISTRY_STORE": given.backend_store_uri,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": given.default_artifact_root,
        "_MLFLOW_SERVER_BOOT_ID": uuid.uuid4().hex,
        "_MLFLOW_IN_JOB_EXECUTOR": "false",
        "_MLFLOW_SGI_NAME": "uvicorn",
        "MLFLOW_ENABLE_WORKSPACES": "false",
    }
    if given.allowed_hosts:
        told["MLFLOW_SERVER_ALLOWED_HOSTS"] = given.allowed_hosts
    if given.cors_allowed_origins:
        told["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] = given.cors_allowed_origins
    return told


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    given = options()
    os.environ.update(variables(given))
    uri: str = given.backend_store_uri
    if uri.startswith(SQLITE):
        registry_template.provide(Path(uri.removeprefix(SQLITE)))
    app = _application()
    _prepare_stores(given)
    gc.collect()
    gc.freeze()  # What is imported by now stays: the collector needn't look at it again.
    gc.enable()

    _serve(app, given.host, given.port)


def _application() -> Any:
    """MLflow's application. Nothing is freed while modules are imported, so the collector, which
    would take a tenth of that time, is off until they are."""
    gc.disable()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "starlette.middleware.wsgi is deprecated")
        from mlflow.server.fastapi_app import app
    return app


def _prepare_stores(given: argparse.Namespace) -> None:
    """Open the database, and bring it to MLflow's schema; end with MLflow's words if it can't."""
    from mlflow.server.handlers import initialize_backend_stores

    try:
        initialize_backend_stores(
            given.backend_store_uri, given.backend_store_uri, given.default_artifact_root
        )
    except Exception as error:
        logging.getLogger("mlflow").exception("Error initializing backend store: %s", error)
        sys.exit(1)


def _serve(app: Any, host: str, port: int) -> None:
    """uvicorn, with MLflow's own configuration of its log, but for health checks."""
    import uvicorn
    from mlflow.server import _UVICORN_LOG_CONFIG

    config = uvicorn.Config(app, host=host, port=port, log_config=str(_UVICORN_LOG_CONFIG))
    logging.getLogger("uvicorn.access").addFilter(WithoutHealthChecks())
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
