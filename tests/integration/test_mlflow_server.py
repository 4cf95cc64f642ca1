"""The MLflow server in one process is the command line's: routes, security settings, database."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from devenv.pages import fetch
from devenv.stack.mlflow_server import options, variables
from devenv.stack.services import MLFLOW_VARIABLES, mlflow_command
from devenv.testing.ports import free_port
from devenv.wait import wait_for

BUCKET = "models"
ALLOWED = "mlflow:*,localhost:*,127.0.0.1:*"
ORIGINS = "https://ours.example"
ASKS_THE_INTERNET = "/ajax-api/3.0/mlflow/gateway/supported-models"
"""A list that MLflow fetches from its makers."""

BY_ITSELF = {
    "MLFLOW_SERVER_X_FRAME_OPTIONS": "SAMEORIGIN",
    "MLFLOW_SERVER_SECRETS_CACHE_TTL": "60",
    "MLFLOW_SERVER_SECRETS_CACHE_MAX_SIZE": "1000",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION": "./mlartifacts",
}
"""What the command line tells its child and needn't: the application's own defaults, and where
artifacts would be if it served them."""

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

TIMES = re.compile(rb'("(?:creation_time|last_update_time|timestamp)": ?)\d+')
"""What differs in two answers because of when they were made."""


@dataclass(frozen=True)
class Server:
    """One that runs."""

    url: str
    database: Path
    process: psutil.Process


@dataclass(frozen=True)
class Answer:
    """What a server says, without what is a matter of time."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@contextmanager
def running(command: list[str], port: int, database: Path) -> Iterator[Server]:
    environ = {**os.environ, **MLFLOW_VARIABLES, "PYTHONWARNINGS": "ignore"}
    log = database.with_name("log")
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, env=environ, cwd=database.parent, stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert child.poll() is None, log.read_text()
            return fetch(f"{url}/health") is not None

        wait_for(answers, timeout=120, failure=log.read_text())
        yield Server(url, database, psutil.Process(child.pid))
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As `devenv up` starts it."""
    database, port = tmp_path_factory.mktemp("ours") / "mlflow.db", free_port()
    command = mlflow_command(database, BUCKET, "127.0.0.1", port, ALLOWED)
    whole = [sys.executable, *command, "--cors-allowed-origins", ORIGINS]
    with running(whole, port, database) as server:
        yield server


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As MLflow's command line starts it."""
    database, port = tmp_path_factory.mktemp("theirs") / "mlflow.db", free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
        *("--host", "127.0.0.1", "--port", str(port), "--no-serve-artifacts"),
        *("--backend-store-uri", f"sqlite:///{database}"),
        *("--default-artifact-root", f"s3://{BUCKET}/"),
        *("--allowed-hosts", ALLOWED, "--cors-allowed-origins", ORIGINS),
    ]
    with running(command, port, database) as server:
        yield server


def ask(
    server: Server, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> Answer:
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(
        server.url + path,
        data=data,
        method=method,
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with DIRECT.open(request, timeout=20) as reply:
            return _answer(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    kept = {k.lower(): v for k, v in headers.items()}
    if "allow" in kept:  # Made from a set.
        kept["allow"] = ", ".join(sorted(kept["allow"].split(", ")))
    kept.pop("date", None)
    kept.pop("content-length", None)
    kept.pop("last-modified", None)
    return Answer(status, kept, TIMES.sub(rb"\g<1>0", body))


def every_path() -> list[str]:
    """Every path that MLflow's application knows, with something in place of its parameters."""
    script = (
        "import json\n"
        "from mlflow.server.fastapi_app import app as asgi\n"
        "from mlflow.server import app as wsgi\n"
        "paths = {getattr(route, 'path', '') for route in asgi.routes}\n"
        "paths |= {rule.rule for rule in wsgi.url_map.iter_rules()}\n"
        "print(json.dumps(sorted(paths - {''})))\n"
    )
    environ = {**os.environ, **MLFLOW_VARIABLES, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return [re.sub(r"<[^>]*>|\{[^}]*\}", "1", path) for path in found]


def test_every_route_answers_alike(ours: Server, theirs: Server) -> None:
    """All of MLflow's pages and operations: what a reader gets, and which methods there are."""
    paths = every_path()
    assert len(paths) > 200
    for path in paths:
        for method in ("GET", "OPTIONS") if path != ASKS_THE_INTERNET else ("OPTIONS",):
            assert ask(ours, path, method) == ask(theirs, path, method), f"{method} {path}"


SEARCH = "/api/2.0/mlflow/experiments/search?max_results=5"
CREATE = "/api/2.0/mlflow/registered-models/create"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "mlflow:5000"},
        {"Host": "localhost:1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://ours.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        {"Origin": "https://ours.example", "Access-Control-Request-Method": "POST"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_hosts_and_origins_are_treated_alike(
    ours: Server, theirs: Server, headers: dict[str, str]
) -> None:
    """Allowed hosts, CORS and the headers that guard a page, and what is refused."""
    for path in ("/", SEARCH, CREATE, "/health", "/version"):
        for method in ("GET", "POST", "OPTIONS"):
            assert ask(ours, path, method, headers) == ask(theirs, path, method, headers), path


def test_foreign_hosts_and_origins_are_refused(ours: Server) -> None:
    """The comparison would hold for two servers without any guard, too."""
    assert ask(ours, SEARCH, headers={"Host": "evil.example"}).status == 403
    assert ask(ours, CREATE, "POST", {"Origin": "https://evil.example"}).status == 403
    page = ask(ours, "/")
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    assert page.headers["x-content-type-options"] == "nosniff"


def test_the_application_is_told_what_the_command_line_tells_it(
    ours: Server, theirs: Server
) -> None:
    """The variables of the process that serves, but for the id of its boot."""
    (child,) = theirs.process.children()
    told = {k: v for k, v in child.environ().items() if "MLFLOW" in k}
    uri = f"sqlite:///{theirs.database}"
    given = [
        *("--host", "127.0.0.1", "--port", "1", "--allowed-hosts", ALLOWED),
        *("--backend-store-uri", uri, "--default-artifact-root", f"s3://{BUCKET}/"),
        *("--cors-allowed-origins", ORIGINS),
    ]
    tells = {**MLFLOW_VARIABLES, **variables(options(given))}
    boot = "_MLFLOW_SERVER_BOOT_ID"
    assert told.pop(boot) != tells.pop(boot)
    # Opening the stores sets these in either process; it's only that one of them has a child.
    opened = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": uri}
    own = {k: v for k, v in os.environ.items() if "MLFLOW" in k}
    assert told == {**own, **opened, **BY_ITSELF, **tells}
    assert ours.process.children() == []


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.execute(query))


def unordered(found: list[tuple[object, ...]]) -> list[list[object]]:
    """With each statement's lines in order: migrations write a table's constraints in any."""
    return [[sorted(re.split(r",?\n", str(value))) for value in row] for row in found]


def test_the_databases_are_alike(
    ours: Server, theirs: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Made by copying the template, or by migrations where there's none: the same tables."""
    template = tmp_path_factory.mktemp("prefix") / "template.db"
    make = f"from devenv.stack.registry_template import *; make(Path({str(template)!r}))"
    subprocess.run([sys.executable, "-c", make], check=True, capture_output=True)
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    version = "SELECT version_num FROM alembic_version"
    for query in (schema, version):
        expected = unordered(rows(theirs.database, query))
        assert unordered(rows(ours.database, query)) == expected
        assert unordered(rows(template, query)) == expected
    own = "SELECT name, artifact_location, lifecycle_stage FROM experiments"
    assert rows(ours.database, own) == rows(theirs.database, own)
    assert rows(template, own) == []
