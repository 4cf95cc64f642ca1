"""What is measured: an endpoint with streams, function and mapping made for the bench alone.

The function has the code and the model of the environment's own, so every endpoint does the same
work; only where predictions go differs.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.bootstrap.bucket import ensure_bucket
from devenv.bootstrap.function import MEMORY_MB, TIMEOUT_S, wait_usable
from devenv.bootstrap.image import function_modules
from devenv.bootstrap.mapping import ensure_mapping, find_mapping
from devenv.bootstrap.role import allow_model, ensure_role, remove_role
from devenv.bootstrap.streams import ensure_streams, stream_arn
from devenv.errors import NotFound
from devenv.place import commands
from devenv.settings import Settings
from devenv.wait import wait_for

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionCodeTypeDef

BATCH_SIZE = 500
GONE_TIMEOUT = 60.0


@dataclass(frozen=True)
class Deployed:
    """The environment's function, as far as the bench copies it."""

    image_uri: str
    variables: Mapping[str, str]

    @property
    def model_uri(self) -> str:
        return self.variables["MODEL_URI"]


@dataclass(frozen=True)
class Subject:
    """One endpoint in a run of the bench."""

    name: str
    settings: Settings
    """With names of the bench's own."""
    aws: Aws
    pid: int | None
    """The emulator's process, where it is on this machine."""
    ready_seconds: float | None
    """From the emulator's start until Kinesis answered; None for what wasn't started."""


def bench_settings(settings: Settings, run: str, endpoint_url: str | None) -> Settings:
    """Settings whose streams, function and role belong to this run of the bench alone."""
    return replace(
        settings,
        endpoint_url=endpoint_url,
        input_stream=f"devenv-bench-{run}-events",
        predictions_stream=f"devenv-bench-{run}-predictions",
        function_name=f"devenv-bench-{run}",
        role_name=f"devenv-bench-{run}",
        shard_count=1,
    )


def deployed(settings: Settings, aws: Aws) -> Deployed:
    """The environment's function. Raises `NotFound` if it isn't there."""
    try:
        found = aws.functions.get_function(FunctionName=settings.function_name)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            raise NotFound(
                f"{settings.endpoint} has no function {settings.function_name} to measure. "
                f"{commands(settings).make} makes it."
            ) from error
        raise
    variables = found["Configuration"].get("Environment", {}).get("Variables", {})
    return Deployed(found["Code"].get("ImageUri", ""), variables)


@contextmanager
def system(subject: Subject, code: "FunctionCodeTypeDef", found: Deployed) -> Iterator[None]:
    """Streams, role, function and mapping; gone again at the end, whatever happens."""
    settings, aws = subject.settings, subject.aws
    with ExitStack() as cleanup:
        cleanup.callback(_forgiving, aws.kinesis.delete_stream, StreamName=settings.input_stream)
        cleanup.callback(
            _forgiving, aws.kinesis.delete_stream, StreamName=settings.predictions_stream
        )
        ensure_streams(settings, aws)
        cleanup.callback(remove_role, settings, aws)
        role_arn, _ = ensure_role(settings, aws, stream_arn(settings.predictions_stream, aws))
        if uri := found.variables.get("MODEL_URI"):
            allow_model(settings, aws, uri)
        cleanup.callback(
            _forgiving, aws.functions.delete_function, FunctionName=settings.function_name
        )
        _create_function(subject, code, found, role_arn)
        input_arn = stream_arn(settings.input_stream, aws)
        cleanup.callback(_remove_mapping, subject, input_arn)
        ensure_mapping(settings, aws, input_arn, BATCH_SIZE)
        yield


@contextmanager
def stream_for_rates(subject: Subject) -> Iterator[str]:
    """A stream of one shard for records that nobody predicts."""
    name, kinesis = f"{subject.settings.function_name}-rates", subject.aws.kinesis
    settings = replace(subject.settings, input_stream=name, predictions_stream=name)
    try:
        ensure_streams(settings, subject.aws)
        yield name
    finally:
        _forgiving(kinesis.delete_stream, StreamName=name)


def copy_model(uri: str, source: Aws, target: Subject) -> None:
    """Put the model's files where another endpoint's function looks for them."""
    place = urlsplit(uri)
    settings = replace(target.settings, model_bucket=place.netloc)
    ensure_bucket(settings, target.aws)
    pages = source.s3.get_paginator("list_objects_v2").paginate(
        Bucket=place.netloc, Prefix=place.path.lstrip("/")
    )
    for page in pages:
        for found in page.get("Contents", []):
            body = source.s3.get_object(Bucket=place.netloc, Key=found["Key"])["Body"].read()
            target.aws.s3.put_object(Bucket=place.netloc, Key=found["Key"], Body=body)


def zipped_function(settings: Settings) -> "FunctionCodeTypeDef":
    """The function's own code, for an emulator that brings the packages itself."""
    archive, root = io.BytesIO(), settings.root
    with zipfile.ZipFile(archive, "w") as file:
        for path in (root / "lambda_function.py", *function_modules(root)):
            file.write(path, path.relative_to(root))
    return {"ZipFile": archive.getvalue()}


def _create_function(
    subject: Subject, code: "FunctionCodeTypeDef", found: Deployed, role_arn: str
) -> None:
    settings, functions = subject.settings, subject.aws.functions
    package: dict[str, Any] = {"PackageType": "Image"}
    if "ZipFile" in code:
        handler = "lambda_function.lambda_handler"
        package = {"PackageType": "Zip", "Runtime": "python3.13", "Handler": handler}
    functions.create_function(
        FunctionName=settings.function_name,
        Code=code,
        Role=role_arn,
        MemorySize=MEMORY_MB,
        Timeout=TIMEOUT_S,
        Environment={
            "Variables": {
                **found.variables,
                "PREDICTIONS_STREAM_NAME": settings.predictions_stream,
                "TEST_RUN": "False",
            }
        },
        **package,
    )
    wait_usable(settings.function_name, subject.aws)


def _remove_mapping(subject: Subject, input_arn: str) -> None:
    name, aws = subject.settings.function_name, subject.aws
    mapping = find_mapping(name, input_arn, aws)
    if mapping is None:
        return
    aws.functions.delete_event_source_mapping(UUID=mapping["UUID"])
    wait_for(
        lambda: find_mapping(name, input_arn, aws) is None,
        timeout=GONE_TIMEOUT,
        failure=f"The bench's mapping of {name} at {aws.endpoint} is still there after "
        f"{GONE_TIMEOUT:.0f} s: delete it by hand.",
    )


def _forgiving(call: Any, **arguments: str) -> None:
    """Delete what may not be there."""
    try:
        call(**arguments)
    except ClientError as error:
        if error_code(error) not in NOT_FOUND:
            raise
