"""How MLflow is started, and what its database begins as."""

import logging
from pathlib import Path

import pytest
import yaml

from devenv.stack import registry_template
from devenv.stack.mlflow_server import WithoutHealthChecks, options, variables
from devenv.stack.services import MLFLOW_VARIABLES, mlflow_command
from devenv.testing.containers import MLFLOW_HOSTS

ROOT = Path(__file__).parents[2]


def test_compose_starts_it_by_the_same_command() -> None:
    """Which can't be taken from the function that gives it, in a file of Docker's."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["mlflow"]
    python, *arguments = service["command"]
    module, given = arguments[:2], options(arguments[2:])
    command = mlflow_command(
        Path("/var/lib/mlflow/mlflow.db"),
        "${MODEL_BUCKET:-mlflow-models}",
        "0.0.0.0",
        5000,
        MLFLOW_HOSTS,
    )
    assert python == "python"
    assert module == list(command[:2])
    assert given == options(command[2:])
    assert MLFLOW_VARIABLES.items() <= service["environment"].items()


def test_the_application_is_told_only_what_was_asked_for() -> None:
    """Hosts and origins that aren't given stay MLflow's, or the environment's."""
    told = variables(options(mlflow_command(Path("/x/mlflow.db"), "b", "127.0.0.1", 5000)[2:]))
    assert told["_MLFLOW_SERVER_FILE_STORE"] == "sqlite:////x/mlflow.db"
    assert told["_MLFLOW_SERVER_ARTIFACT_ROOT"] == "s3://b/"
    assert "MLFLOW_SERVER_ALLOWED_HOSTS" not in told
    assert "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS" not in told


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [("/health", 200, False), ("/health", 500, True), ("/version", 200, True)],
)
def test_health_checks_that_went_well_are_not_logged(path: str, status: int, kept: bool) -> None:
    """They come every second or two, and would be most of the log."""
    arguments = ("127.0.0.1:5", "GET", path, "1.1", status)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s", arguments, None)
    assert WithoutHealthChecks().filter(record) is kept


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.db"
    path.write_bytes(b"template")
    return path


def test_a_new_database_is_a_copy_of_the_template(template: Path, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    assert registry_template.provide(database, template)
    assert database.read_bytes() == b"template"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlflow.db", "template.db"]


def test_a_database_that_is_there_stays(template: Path, tmp_path: Path) -> None:
    """An empty one, too: whether it has lost a registry is for `registry_file` to say."""
    database = tmp_path / "mlflow.db"
    database.touch()
    assert not registry_template.provide(database, template)
    assert database.read_bytes() == b""


@pytest.mark.parametrize("suffix", registry_template.SIDE_FILES)
def test_a_journal_without_its_database_is_not_applied_to_a_copy(
    template: Path, tmp_path: Path, suffix: str
) -> None:
    database = tmp_path / "mlflow.db"
    database.with_name(database.name + suffix).touch()
    assert not registry_template.provide(database, template)
    assert not database.exists()


def test_without_a_template_the_server_makes_its_database(tmp_path: Path) -> None:
    assert not registry_template.provide(tmp_path / "mlflow.db", tmp_path / "template.db")
    assert list(tmp_path.iterdir()) == []


def test_each_version_of_mlflow_has_a_template_of_its_own(tmp_path: Path) -> None:
    """A newer one's migrations are not in an older one's."""
    path = registry_template.place(tmp_path)
    assert path.parent == tmp_path / "share" / "devenv"
    assert path.name.startswith("mlflow-3.")
