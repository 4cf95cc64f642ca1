"""The Lambda function: made from the image, kept at the configuration that the settings say."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devenv.aws import Aws
from devenv.bootstrap.image import FunctionImage
from devenv.bootstrap.model import DeployedModel
from devenv.bootstrap.tags import tags
from devenv.errors import DevenvError
from devenv.settings import Settings
from devenv.wait import Clock, wait_for

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import ArchitectureType
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

MEMORY_MB = 512
TIMEOUT_S = 15
READY_TIMEOUT = 120.0
"""Seconds until a new or changed function must be usable."""

ROLE_TIMEOUT = 60.0
"""Seconds that IAM may take until Lambda can assume a role that was just made."""


@dataclass(frozen=True)
class FunctionSpec:
    """How the function should be."""

    name: str
    image: FunctionImage
    architecture: "ArchitectureType"
    role_arn: str
    variables: dict[str, str]


def function_spec(
    settings: Settings, image: FunctionImage, role_arn: str, model: DeployedModel
) -> FunctionSpec:
    variables = {
        "PIPELINE": settings.pipeline,
        "PREDICTIONS_STREAM_NAME": settings.predictions_stream,
        "MODEL_URI": model.artifact_uri,
        "MODEL_NAME": model.name,
        "MODEL_VERSION": model.version,
        "MODEL_ALIAS": model.alias,
        "RUN_ID": model.run_id,
        "TEST_RUN": str(settings.test_run),
    }
    return FunctionSpec(settings.function_name, image, settings.architecture, role_arn, variables)


def ensure_function(spec: FunctionSpec, aws: Aws, clock: Clock = time) -> str:
    """Make or update the function, wait until it's usable, and return what was done."""
    functions = aws.functions
    try:
        found = functions.get_function(FunctionName=spec.name)
    except functions.exceptions.ResourceNotFoundException:
        _create(spec, aws, clock)
        done = "made"
    else:
        changes = _update(spec, found["Configuration"], found["Code"].get("ImageUri"), aws)
        done = f"updated ({', '.join(changes)})" if changes else "there"
    wait_usable(spec.name, aws)
    return f"function {spec.name}: {done}"


def _create(spec: FunctionSpec, aws: Aws, clock: Clock) -> None:
    """Create it, trying again while IAM hasn't made a new role known to Lambda."""
    functions = aws.functions

    def attempt() -> bool:
        try:
            functions.create_function(
                FunctionName=spec.name,
                PackageType="Image",
                Code={"ImageUri": spec.image.uri},
                Architectures=[spec.architecture],
                Role=spec.role_arn,
                MemorySize=MEMORY_MB,
                Timeout=TIMEOUT_S,
                Environment={"Variables": spec.variables},
                Tags=tags(spec.name),
            )
        except functions.exceptions.InvalidParameterValueException as error:
            if "cannot be assumed" in str(error):
                return False
            raise
        return True

    wait_for(
        attempt,
        timeout=ROLE_TIMEOUT,
        interval=1,
        clock=clock,
        failure=f"Lambda at {aws.endpoint} could not assume {spec.role_arn} within "
        f"{ROLE_TIMEOUT:.0f} s. Check its trust policy, then run this again.",
    )


def _update(
    spec: FunctionSpec,
    current: "FunctionConfigurationTypeDef",
    image_uri: str | None,
    aws: Aws,
) -> list[str]:
    """Bring an existing function to `spec`; the names of what was changed.

    Variables that others added stay as they are, and so do memory and timeout.
    """
    if current.get("PackageType") != "Image":
        raise DevenvError(
            f"Function {spec.name} exists, made from a zip: its package type can't be changed. "
            f"Delete it (aws lambda delete-function --function-name {spec.name}), or set "
            "FUNCTION_NAME to another name."
        )
    changed = []
    if image_uri != spec.image.uri or spec.image.may_move:
        aws.functions.update_function_code(
            FunctionName=spec.name, ImageUri=spec.image.uri, Architectures=[spec.architecture]
        )
        wait_usable(spec.name, aws)
        updated = aws.functions.get_function_configuration(FunctionName=spec.name)
        if updated.get("CodeSha256") != current.get("CodeSha256"):
            changed.append("code")
    variables = current.get("Environment", {}).get("Variables", {})
    wanted = {**variables, **spec.variables}
    if wanted != variables or current.get("Role") != spec.role_arn:
        aws.functions.update_function_configuration(
            FunctionName=spec.name, Role=spec.role_arn, Environment={"Variables": wanted}
        )
        changed.append("configuration")
    return changed


def wait_usable(name: str, aws: Aws) -> None:
    """Wait for State Active and the last update's success; raise with Lambda's own reason."""

    def probe() -> bool:
        config = aws.functions.get_function_configuration(FunctionName=name)
        if "Failed" in (config.get("State"), config.get("LastUpdateStatus")):
            reason = config.get("StateReason") or config.get("LastUpdateStatusReason")
            raise DevenvError(f"Function {name} at {aws.endpoint} failed: {reason}")
        return config.get("State") == "Active" and config.get("LastUpdateStatus") == "Successful"

    wait_for(
        probe,
        timeout=READY_TIMEOUT,
        failure=f"Function {name} at {aws.endpoint} was not usable within {READY_TIMEOUT:.0f} s."
        " See `devenv status`.",
    )
