"""Settings: their defaults, their names, where they come from, and what can't be one."""

import dataclasses
from pathlib import Path

import pytest

from devenv.errors import BadInput
from devenv.settings import Settings, address, is_loopback, load_dotenv, read_settings

ROOT = Path("/checkout")


def settings(**environ: str) -> Settings:
    return read_settings(environ, ROOT)


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing has to be set, and no endpoint means AWS."""
    assert dataclasses.asdict(settings()) == {
        "root": ROOT,
        "home": ROOT / ".devenv",
        "endpoint_url": None,
        "region": None,
        "mlflow_tracking_uri": None,
        "pipeline": "ride",
        "input_stream": "ride_events",
        "predictions_stream": "ride_predictions",
        "shard_count": 1,
        "function_name": "ride-duration-prediction",
        "image_repository": "stream-model-duration",
        "image_uri": None,
        "architecture": "x86_64",
        "failure_queue": "ride-duration-prediction-failures",
        "role_name": "lambda-kinesis-role",
        "model_name": "ride-duration",
        "model_alias": "champion",
        "model_bucket": "mlflow-models",
        "run_id": None,
        "test_run": False,
        "function_port": 8080,
        "web_port": 9696,
    }
    assert settings().endpoint == "AWS"
    assert not settings().is_local


def test_the_tutorials_names_are_honoured() -> None:
    """Who exported the tutorials' variables need not export ours."""
    found = settings(
        PREDICTIONS_STREAM_NAME="predictions",
        RUN_ID="e1efc53e9bd149078b0c12aeaa6365df",
        TEST_RUN="True",
        KINESIS_STREAM_INPUT="events",
    )
    assert found.predictions_stream == "predictions"
    assert found.run_id == "e1efc53e9bd149078b0c12aeaa6365df"
    assert found.test_run is True
    assert found.input_stream == "events"


@pytest.mark.parametrize("value", ["False", "false", "0", "yes"])
def test_only_true_is_a_test_run(value: str) -> None:
    """As the tutorials' function compares it."""
    assert settings(TEST_RUN=value).test_run is False


def test_the_region_is_read_from_either_variable() -> None:
    """boto3's own name wins over Lambda's."""
    assert settings(AWS_REGION="eu-west-1").region == "eu-west-1"
    both = settings(AWS_REGION="eu-west-1", AWS_DEFAULT_REGION="us-east-2")
    assert both.region == "us-east-2"


def test_a_relative_home_starts_at_the_root_and_an_absolute_one_stays() -> None:
    """So that every subfolder of a checkout has the same environment."""
    assert settings(DEVENV_HOME="state").home == ROOT / "state"
    assert settings(DEVENV_HOME="/var/state").home == Path("/var/state")
    assert settings(DEVENV_HOME="~/state").home == Path.home() / "state"


def test_the_endpoint_loses_its_trailing_slash() -> None:
    """Paths are added to it."""
    assert settings(AWS_ENDPOINT_URL="http://127.0.0.1:4566/").endpoint == "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:4566", "localhost:4566", "http://", "http://host:port", "http://[", "ftp://h:21"],
)
def test_a_bad_url_is_refused_naming_the_setting(url: str) -> None:
    """And showing what one looks like."""
    with pytest.raises(BadInput, match=r"^AWS_ENDPOINT_URL=.* such as http://127"):
        settings(AWS_ENDPOINT_URL=url)


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5"])
def test_a_bad_shard_count_is_refused_naming_the_setting(count: str) -> None:
    """A stream has whole shards, at least one."""
    with pytest.raises(BadInput, match=f"STREAM_SHARD_COUNT={count}"):
        settings(STREAM_SHARD_COUNT=count)
    assert settings(STREAM_SHARD_COUNT="12").shard_count == 12


def test_an_address_without_port_has_its_schemes() -> None:
    """80 and 443, as everywhere."""
    assert address("http://127.0.0.1", "X") == ("127.0.0.1", 80)
    assert address("https://aws.local", "X") == ("aws.local", 443)
    assert address("http://[::1]:4566", "X") == ("::1", 4566)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("http://[::1]:4566", True),
        ("http://emulator:4566", False),
        ("sqlite:///mlflow.db", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_loopback_is_told_from_elsewhere(url: str | None, loopback: bool) -> None:
    """Only there may `devenv up` listen."""
    assert is_loopback(url) is loopback


def test_dotenv_is_found_upwards_and_its_folder_is_the_root(tmp_path: Path) -> None:
    """A command may run in any folder of the checkout."""
    (tmp_path / ".env").write_text("AWS_DEFAULT_REGION=us-east-1\n")
    (deep := tmp_path / "a" / "b").mkdir(parents=True)
    environ: dict[str, str] = {}
    assert load_dotenv(environ, deep) == tmp_path
    assert environ == {"AWS_DEFAULT_REGION": "us-east-1"}


def test_the_nearest_dotenv_is_the_one(tmp_path: Path) -> None:
    """They aren't merged."""
    (tmp_path / ".env").write_text("RUN_ID=outer\nMODEL_NAME=outer\n")
    (inner := tmp_path / "inner").mkdir()
    (inner / ".env").write_text("RUN_ID=inner\n")
    environ: dict[str, str] = {}
    assert load_dotenv(environ, inner) == inner
    assert environ == {"RUN_ID": "inner"}


def test_the_environment_wins_over_dotenv(tmp_path: Path) -> None:
    """So that one command can be run elsewhere."""
    (tmp_path / ".env").write_text("AWS_ENDPOINT_URL=http://127.0.0.1:4566\nRUN_ID=a\n")
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9999"}
    load_dotenv(environ, tmp_path)
    assert environ == {"AWS_ENDPOINT_URL": "http://127.0.0.1:9999", "RUN_ID": "a"}


@pytest.mark.parametrize(
    ("name", "attribute", "default"),
    [
        ("AWS_ENDPOINT_URL", "endpoint_url", None),
        ("MLFLOW_TRACKING_URI", "mlflow_tracking_uri", None),
        ("PREDICTIONS_STREAM_NAME", "predictions_stream", "ride_predictions"),
        ("KINESIS_STREAM_INPUT", "input_stream", "ride_events"),
        ("STREAM_SHARD_COUNT", "shard_count", 1),
        ("FUNCTION_IMAGE_URI", "image_uri", None),
        ("MODEL_ALIAS", "model_alias", "champion"),
        ("RUN_ID", "run_id", None),
        ("TEST_RUN", "test_run", False),
    ],
)
def test_an_empty_variable_hides_the_one_of_dotenv(
    tmp_path: Path, name: str, attribute: str, default: object
) -> None:
    """`AWS_ENDPOINT_URL= devenv status` is about AWS, and no name is ever empty."""
    (tmp_path / ".env").write_text(f"{name}=http://127.0.0.1:1\n")
    environ = {name: ""}
    found = read_settings(environ, load_dotenv(environ, tmp_path))
    assert name not in environ
    assert getattr(found, attribute) == default


def test_without_its_endpoint_the_credentials_of_dotenv_are_hidden_too(tmp_path: Path) -> None:
    """They are the emulator's: `AWS_ENDPOINT_URL= devenv status` is about one's own account."""
    (tmp_path / ".env").write_text(
        "AWS_ENDPOINT_URL=http://127.0.0.1:1\nAWS_ACCESS_KEY_ID=test\n"
        "AWS_SECRET_ACCESS_KEY=test\nAWS_DEFAULT_REGION=us-east-1\n"
    )
    on_aws = {"AWS_ENDPOINT_URL": ""}
    load_dotenv(on_aws, tmp_path)
    assert on_aws == {"AWS_DEFAULT_REGION": "us-east-1"}
    elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:2"}
    load_dotenv(elsewhere, tmp_path)
    assert elsewhere["AWS_ACCESS_KEY_ID"] == "test"


def test_an_architecture_that_lambda_has_not_is_refused() -> None:
    """Docker's names aren't Lambda's."""
    assert settings(FUNCTION_ARCHITECTURE="arm64").architecture == "arm64"
    with pytest.raises(BadInput, match="amd64 is neither x86_64 nor arm64"):
        settings(FUNCTION_ARCHITECTURE="amd64")


def test_other_peoples_empty_variables_are_left_alone(tmp_path: Path) -> None:
    """NO_COLOR= means something to somebody."""
    environ = {"NO_COLOR": "", "EDITOR": ""}
    assert load_dotenv(environ, tmp_path) == tmp_path
    assert environ == {"NO_COLOR": "", "EDITOR": ""}
