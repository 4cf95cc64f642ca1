"""What the environment says, read once into one frozen object.

Settings come from the environment and from `.env` (the nearest one, looking upwards from the
current folder); the environment wins. `.env` is loaded into `os.environ`, because boto3 and
MLflow read their own settings from there. Credentials are boto3's business alone: they are
never read here.
"""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from devenv.errors import BadInput
from devenv.pipelines import DEFAULT, pipeline_named
from devenv.profiles import profile_region

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PORTS = {"http": 80, "https": 443}
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


@dataclass(frozen=True)
class Settings:
    """The environment of one system. Names are those of the tutorials where they have one."""

    root: Path
    """The folder of `.env`, or else the current one: relative paths start here."""
    home: Path
    """DEVENV_HOME: everything that the environment keeps on disk."""
    endpoint_url: str | None
    """AWS_ENDPOINT_URL: where AWS's APIs answer; None is AWS itself."""
    region: str | None
    """AWS_DEFAULT_REGION, AWS_REGION, or the profile's in AWS's own files, as botocore has it."""
    mlflow_tracking_uri: str | None
    pipeline: str
    """PIPELINE: which of `devenv.pipelines`; it gives the names below that nothing else gives."""
    input_stream: str
    predictions_stream: str
    shard_count: int
    function_name: str
    image_repository: str
    image_uri: str | None
    """FUNCTION_IMAGE_URI: the function's image; None lets the bootstrap name it by its content."""
    architecture: Literal["x86_64", "arm64"]
    """FUNCTION_ARCHITECTURE: what the function's image is built for, and runs on."""
    failure_queue: str
    """FAILURE_QUEUE_NAME: the SQS queue that is told of records which were given up."""
    role_name: str
    model_name: str
    model_alias: str
    model_bucket: str
    run_id: str | None
    """RUN_ID: deploy this MLflow run's model rather than the alias's."""
    test_run: bool
    """TEST_RUN: the function predicts, and publishes nothing."""
    function_port: int
    """DEVENV_FUNCTION_PORT: where the function answers by itself, on loopback; 0 is nowhere."""
    web_port: int
    """DEVENV_WEB_PORT: where `devenv serve` listens, on loopback."""

    @property
    def endpoint(self) -> str:
        """The endpoint as words for a message."""
        return self.endpoint_url or "AWS"

    @property
    def s3_folder(self) -> Path:
        """Where the emulator keeps S3; not there until it is first used."""
        return self.home / "emulator" / "s3"

    @property
    def is_local(self) -> bool:
        """Whether AWS_ENDPOINT_URL is on this machine, so that `devenv up` may listen there."""
        return is_loopback(self.endpoint_url)


def is_loopback(url: str | None) -> bool:
    try:
        return url is not None and urlsplit(url).hostname in LOOPBACK
    except ValueError:  # Not a URL at all, say "http://[".
        return False


def is_amazons(url: str) -> bool:
    """Whether `url` is one of AWS's own endpoints."""
    return (urlsplit(url).hostname or "").endswith(AWS_DOMAINS)


def address(url: str, setting: str) -> tuple[str, int]:
    """Host and port of `url`. Raises `BadInput` naming `setting` if there's none to listen on."""
    try:
        parts = urlsplit(url)
        usual = PORTS[parts.scheme]
        host, port = parts.hostname, parts.port or usual
    except (ValueError, KeyError):
        host, port = None, 0
    if host is None:
        raise BadInput(f"{setting}={url} is not a URL such as http://127.0.0.1:4566.")
    return host, port


def load_dotenv(environ: MutableMapping[str, str], start: Path) -> Path:
    """Add the nearest `.env` to `environ` and return its folder (`start` if there's none).

    A variable that is set to nothing (`AWS_ENDPOINT_URL= devenv status`) hides the one of
    `.env`, and is then removed: libraries differ in what they make of an empty value. With the
    endpoint the credentials of `.env` are hidden too, which are those of that endpoint.
    """
    root = next((f for f in (start, *start.parents) if (f / ".env").is_file()), None)
    if root is not None:
        found = dotenv_values(root / ".env")
        elsewhere = environ.get("AWS_ENDPOINT_URL") == "" and "AWS_ENDPOINT_URL" in found
        hidden = CREDENTIALS if elsewhere else ()
        for name, value in found.items():
            if value is not None and not name.startswith(hidden):
                environ.setdefault(name, value)
    for name in [n for n, value in environ.items() if value == "" and n.startswith(PREFIXES)]:
        del environ[name]
    return root or start


CREDENTIALS = ("AWS_ACCESS_KEY_", "AWS_SECRET_", "AWS_SESSION_")

PREFIXES = (
    *("AWS_", "MLFLOW_", "DEVENV_", "FUNCTION_", "FAILURE_QUEUE_", "MODEL_", "STREAM_"),
    *("KINESIS_STREAM_", "PREDICTIONS_STREAM_", "PREDICTION_STREAM_"),
    *("OUTPUT_STREAM", "RUN_ID", "TEST_RUN", "PIPELINE"),
)

REGIONS = ("AWS_DEFAULT_REGION", "AWS_REGION")

PREDICTIONS = ("PREDICTIONS_STREAM_NAME", "PREDICTION_STREAM_NAME", "OUTPUT_STREAM")
"""How the tutorials spell the variable of the stream that predictions go to."""


def read_settings(environ: Mapping[str, str], root: Path) -> Settings:
    """Settings from `environ`. Raises `BadInput` for a value that can't be one."""
    get = environ.get
    pipeline = get("PIPELINE", DEFAULT)
    names = pipeline_named(pipeline).names
    function_name = get("FUNCTION_NAME", names.function)
    home = root / Path(get("DEVENV_HOME", ".devenv")).expanduser()
    return Settings(
        root=root,
        home=home.absolute(),
        endpoint_url=_url(environ, "AWS_ENDPOINT_URL"),
        region=next(filter(None, map(get, REGIONS)), None),
        mlflow_tracking_uri=get("MLFLOW_TRACKING_URI"),
        pipeline=pipeline,
        input_stream=get("KINESIS_STREAM_INPUT", names.input_stream),
        predictions_stream=next(filter(None, map(get, PREDICTIONS)), names.predictions_stream),
        shard_count=_positive(environ, "STREAM_SHARD_COUNT", 1),
        function_name=function_name,
        image_repository=get("FUNCTION_IMAGE_REPOSITORY", "stream-model-duration"),
        image_uri=get("FUNCTION_IMAGE_URI"),
        architecture=_architecture(environ),
        failure_queue=get("FAILURE_QUEUE_NAME", f"{function_name}-failures"),
        role_name=get("FUNCTION_ROLE_NAME", names.role),
        model_name=get("MODEL_NAME", names.model),
        model_alias=get("MODEL_ALIAS", "champion"),
        model_bucket=get("MODEL_BUCKET", names.bucket),
        run_id=get("RUN_ID"),
        test_run=get("TEST_RUN", "False") == "True",
        function_port=_port(environ, "DEVENV_FUNCTION_PORT", 8080),
        web_port=_positive(environ, "DEVENV_WEB_PORT", 9696),
    )


def from_process(pipeline: str | None = None) -> Settings:
    """The settings of this process, `.env` included; `pipeline` goes before PIPELINE."""
    root = load_dotenv(os.environ, Path.cwd())
    environ = {**os.environ, **({"PIPELINE": pipeline} if pipeline else {})}
    if not any(environ.get(name) for name in REGIONS) and (region := profile_region(environ)):
        environ["AWS_DEFAULT_REGION"] = region
    return read_settings(environ, root)


def _url(environ: Mapping[str, str], name: str) -> str | None:
    if (value := environ.get(name)) is None:
        return None
    address(value, name)
    return value.rstrip("/")


def _architecture(environ: Mapping[str, str]) -> Literal["x86_64", "arm64"]:
    match value := environ.get("FUNCTION_ARCHITECTURE", "x86_64"):
        case "x86_64" | "arm64":
            return value
    raise BadInput(f"FUNCTION_ARCHITECTURE={value} is neither x86_64 nor arm64.")


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, str(default))
    if not value.isdecimal() or int(value) > 65_535:
        raise BadInput(f"{name}={value} is not a port: a whole number up to 65535, or 0 for none.")
    return int(value)


def _positive(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise BadInput(f"{name}={value} is not a whole number from 1 up.")
    return int(value)
