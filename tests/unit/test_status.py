"""`devenv status` fits a terminal of 80 columns, and shows each thing once."""

import io
from pathlib import Path

import pytest

from devenv.commands.status import WIDTH, ServiceState, rows
from devenv.output import Output
from devenv.place import Commands, Place
from devenv.settings import read_settings
from devenv.system import (
    FunctionState,
    MappingState,
    ModelState,
    ShardState,
    StreamState,
    SystemState,
)

RUN_ID = "86bf545d5c6c4a14b59b44c933a4c42b"
URI = f"s3://mlflow-models/models/m-{RUN_ID}/artifacts"
IMAGE = FunctionState(
    *("ride-duration-prediction", "Active", None, "Successful"),
    image_uri="stream-model-duration:0123456789ab",
    memory_mb=512,
    timeout_s=15,
)
ZIP = FunctionState(
    *("ride-duration-prediction-test", "Active", None, "Successful"),
    memory_mb=128,
    timeout_s=3,
    runtime="python3.9",
    handler="lambda_function.lambda_handler",
)
SHARD = ShardState("shardId-000000000000", 1234567, 98765, 12, 34, 5, 6, 86_400_000)
PROBLEM = MappingState("Enabled", "PROBLEM: Function call failed", "uuid", [SHARD])
CHAMPION = ModelState("ride-duration", "3", "champion", RUN_ID, URI)


def shown(
    function: FunctionState = IMAGE,
    mapping: MappingState = PROBLEM,
    model: ModelState | None = CHAMPION,
    place: Place = Place.EMBEDDED,
) -> str:
    """The table of a system with these parts."""
    settings = read_settings({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, Path("/checkout"))
    servers = [
        ServiceState("emulator", True, "http://127.0.0.1:4566", 4_194_304, 1234),
        ServiceState("mlflow", True, "http://127.0.0.1:5000"),
        ServiceState("other", False),
    ]
    streams = [StreamState(n, "ACTIVE", 1) for n in ("ride_events", "ride_predictions")]
    system = SystemState(streams, function, mapping, model)
    out = Output(out=io.StringIO())
    table = rows(settings, servers, system, lambda: Commands(place))
    out.table(("WHAT", "STATE", "DETAIL"), table, WIDTH)
    return str(out.out.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("function", [IMAGE, ZIP], ids=["image", "zip"])
def test_no_line_is_wider_than_a_terminal(function: FunctionState) -> None:
    """With the names that the project and the tutorials use; addresses stand in one piece."""
    words = shown(function)
    assert max(map(len, words.splitlines())) <= WIDTH, words
    assert URI in words


def test_a_long_name_stands_by_itself() -> None:
    """Rather than cut in two; it's the one line that may stand out."""
    name = "x" * 64
    words = shown(FunctionState(name, "Active", image_uri="i:1", memory_mb=1, timeout_s=1))
    assert f"\n    {name}\n" in words


def test_a_zip_function_shows_runtime_and_handler() -> None:
    """Where an image shows its name."""
    words = " ".join(shown(ZIP).split())
    assert "zip, python3.9, lambda_function.lambda_handler, 128 MB, 3 s" in words
    assert "None" not in words
    assert "stream-model-duration:0123456789ab, 512 MB, 15 s" in " ".join(shown().split())


def test_a_runs_model_is_shown_with_its_run_once() -> None:
    """Registered or not: without a number the registry's version is the run's id."""
    for version, told in ((RUN_ID, "of a run"), ("7", "version 7")):
        words = shown(model=ModelState("ride-duration", version, None, RUN_ID, "s3://b/m"))
        assert words.count(RUN_ID) == 1
        assert f"model {told} ride-duration, run {RUN_ID} s3://b/m" in " ".join(words.split())
    assert "ride-duration@champion" in shown()


@pytest.mark.parametrize(
    ("place", "where", "start"),
    [
        (Place.EMBEDDED, "not by `devenv up`", "start it with `devenv up -d`"),
        (Place.COMPOSE, "in a container", "start it with `docker compose up -d --wait`"),
    ],
)
def test_what_starts_a_service_is_what_works_there(place: Place, where: str, start: str) -> None:
    words = " ".join(shown(place=place).split())
    assert f"http://127.0.0.1:5000, {where}" in words
    assert start in words


def test_a_missing_function_names_what_makes_it() -> None:
    words = " ".join(shown(FunctionState("f", "Missing"), place=Place.COMPOSE).split())
    assert "function Missing f `docker compose up -d --wait` makes it" in words
