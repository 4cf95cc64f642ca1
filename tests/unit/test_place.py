"""What to type depends on where the environment runs; each place's commands are those that work."""

from pathlib import Path

import pytest

from devenv.place import Commands, Place, Project, commands
from devenv.settings import Settings, read_settings

EMULATOR = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_DEFAULT_REGION": "us-east-1"}
PROCESSES = b'["kinesis:devenv", "s3:devenv", "ProcessExecutor"]'
CONTAINERS = b'["kinesis:devenv", "s3:devenv", "ContainerExecutor"]'
OURS = Project("devenv", "/checkout")


def settings(root: Path, **environ: str) -> Settings:
    return read_settings(environ or EMULATOR, root)


def look(
    found: Settings,
    page: bytes | None = None,
    project: Project | None = None,
    **environ: str,
) -> Commands:
    """The commands, where the emulator's page of plugins and Docker say this."""
    return commands(found, environ, lambda url: page, lambda port: project)


@pytest.mark.parametrize(
    ("page", "project", "place"),
    [
        (PROCESSES, OURS, Place.EMBEDDED),
        (CONTAINERS, None, Place.COMPOSE),
        (CONTAINERS, OURS, Place.COMPOSE),
        (None, OURS, Place.COMPOSE),
        (None, None, Place.EMBEDDED),
    ],
)
def test_what_answers_tells_and_else_docker(
    page: bytes | None, project: Project | None, place: Place, tmp_path: Path
) -> None:
    """Nothing running at all is an embedded environment that can be started."""
    assert look(settings(tmp_path), page, project).place is place


def test_an_emulator_that_died_here_is_an_embedded_one(tmp_path: Path) -> None:
    """Whatever runs in containers: its file of the process is still there. But not if another one
    answers."""
    note = tmp_path / ".devenv" / "run" / "emulator.json"
    note.parent.mkdir(parents=True)
    note.touch()
    assert look(settings(tmp_path), None, OURS).place is Place.EMBEDDED
    assert look(settings(tmp_path), CONTAINERS, OURS).place is Place.COMPOSE


def test_aws_and_other_machines_are_told_by_the_address(tmp_path: Path) -> None:
    """Nothing is asked."""

    def refuse(asked: object) -> None:
        raise AssertionError(asked)

    for url, place in (
        ("", Place.AWS),
        ("https://kinesis.us-east-1.amazonaws.com", Place.AWS),
        ("http://emulator.example:4566", Place.ELSEWHERE),
    ):
        given = {"AWS_ENDPOINT_URL": url} if url else {"AWS_DEFAULT_REGION": "us-east-1"}
        found = commands(settings(tmp_path, **given), {}, refuse, refuse)
        assert (found.place, found.start) == (place, None)


def test_inside_composes_containers(tmp_path: Path) -> None:
    """The bootstrap's words are read in `docker compose logs`."""
    inside = settings(tmp_path, AWS_ENDPOINT_URL="http://localstack:4566")
    found = look(inside, DEVENV_FUNCTIONS="containers")
    assert found.make == "`docker compose up -d --wait`"


def test_embedded(tmp_path: Path) -> None:
    found = look(settings(tmp_path))
    assert found.start == "`devenv up -d`"
    assert found.make == found.deploy == "`devenv bootstrap`"
    assert found.restart == "`devenv down` and `devenv up -d`"
    assert found.purge == "`devenv down --purge`"
    assert found.logs("emulator") == "`devenv logs emulator`"


def test_in_containers(tmp_path: Path) -> None:
    found = look(settings(tmp_path), CONTAINERS)
    assert found.start == found.make == "`docker compose up -d --wait`"
    assert found.deploy == found.restart == "`docker compose up -d --wait --build`"
    assert found.purge == "`docker compose down -v`"
    assert found.logs("emulator") == "`docker compose logs localstack`"
    assert found.logs("mlflow") == "`docker compose logs mlflow`"
    assert found.logs("function") == "`devenv logs function`"


def test_on_aws(tmp_path: Path) -> None:
    found = look(settings(tmp_path, AWS_DEFAULT_REGION="eu-west-1"))
    assert found.deploy == "`devenv publish`, then `devenv bootstrap`"
    assert found.aws("s3 ls") == "`aws s3 ls --region eu-west-1`"
    assert found.start_mlflow == "Start it (docs/aws.md shows how)"


def test_the_pipeline_that_is_meant_is_named(tmp_path: Path) -> None:
    """Else the cure would make the rides' system."""
    bikes = settings(tmp_path, PIPELINE="bike", **EMULATOR)
    assert look(bikes).make == "`devenv bootstrap --pipeline bike`"
    assert look(bikes).logs("function") == "`devenv logs function --pipeline bike`"
    assert look(bikes, CONTAINERS).make == "`PIPELINE=bike docker compose up -d --wait`"


def test_another_project_or_folder_is_named(tmp_path: Path) -> None:
    """Typed here, `docker compose` would mean a project of its own."""
    there = Project("theirs", "/other/checkout")
    found = look(settings(tmp_path), None, there).start
    assert found == "`docker compose -p theirs up -d --wait` in /other/checkout"
    here = Project("mine", str(tmp_path))
    named = look(settings(tmp_path), None, here, COMPOSE_PROJECT_NAME="mine")
    assert named.start == "`docker compose up -d --wait`"


def test_aws_commands_work_in_a_shell_without_exports(tmp_path: Path) -> None:
    """An emulator's credentials are named, anybody's own never."""
    found = look(
        settings(tmp_path),
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    assert found.aws("kinesis list-streams") == (
        "`AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws kinesis list-streams "
        "--region us-east-1 --endpoint-url http://127.0.0.1:4566`"
    )
    secret = look(
        settings(tmp_path),
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    assert "AKIA" not in secret.aws("s3 ls")
