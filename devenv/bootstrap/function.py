"""The Lambda function: made from the image, kept at the configuration that the settings say."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devenv.aws import Aws
from devenv.bootstrap.model import DeployedModel
from devenv.errors import DevenvError, NotFound
from devenv.settings import Settings
from devenv.wait import wait_for

if TYPE_CHECKING:
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
    image_uri: str
    role_arn: str
    variables: dict[str, str]
    image_may_move: bool = False
    """Whether the image's tag may have been given to another one since the last bootstrap."""


def function_spec(settings: Settings, role_arn: str, model: DeployedModel) -> FunctionSpec:
    variables = {
        "PIPELINE": settings.pipeline,
        "PREDICTIONS_STREAM_NAME": settings.predictions_stream,
        "MODEL_URI": model.artifact_uri,
        "MODEL_NAME": model.name,
        "MODEL_VERSION": model.version,
        "RUN_ID": model.run_id,
        "TEST_RUN": str(settings.test_run),
    }
    image_uri = settings.image_uri or f"{settings.image_repository}:{image_tag(settings.root)}"
    given = settings.image_uri
    may_move = given is not None and "@sha256:" not in given
    return FunctionSpec(settings.function_name, image_uri, role_arn, variables, may_move)


def image_tag(root: Path) -> str:
    """A tag that changes with what the image is made from, so that a change is seen."""
    digest = hashlib.sha256()
    for path in (root / "lambda_function.py", *function_modules(root), root / "Pipfile.lock"):
        try:
            digest.update(path.read_bytes())
        except FileNotFoundError as error:
            raise NotFound(
                f"{path} is missing: run devenv in a checkout of the project, or name a built "
                "image in FUNCTION_IMAGE_URI."
            ) from error
    return digest.hexdigest()[:12]


def function_modules(root: Path) -> list[Path]:
    """What the Dockerfile copies beside `lambda_function.py`."""
    return sorted((root / "serving").glob("*.py"))


def ensure_function(spec: FunctionSpec, aws: Aws) -> str:
    """Make or update the function, wait until it's usable, and return what was done."""
    functions = aws.functions
    try:
        found = functions.get_function(FunctionName=spec.name)
    except functions.exceptions.ResourceNotFoundException:
        _create(spec, aws)
        done = "made"
    else:
        changes = _update(spec, found["Configuration"], found["Code"].get("ImageUri"), aws)
        done = f"updated ({', '.join(changes)})" if changes else "there"
    wait_usable(spec.name, aws)
    return f"function {spec.name}: {done}"


def _create(spec: FunctionSpec, aws: Aws) -> None:
    """Create it, trying again while IAM hasn't made a new role known to Lambda."""
    functions = aws.functions

    def attempt() -> bool:
        try:
            functions.create_function(
                FunctionName=spec.name,
                PackageType="Image",
                Code={"ImageUri": spec.image_uri},
                Role=spec.role_arn,
                MemorySize=MEMORY_MB,
                Timeout=TIMEOUT_S,
                Environment={"Variables": spec.variables},
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
        failure=f"Lambda at {aws.endpoint} could not assume {spec.role_arn} within "
        f"{ROLE_TIMEOUT:.0f} s. Check its trust policy, then run `devenv bootstrap` again.",
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
    if image_uri != spec.image_uri or spec.image_may_move:
        aws.functions.update_function_code(FunctionName=spec.name, ImageUri=spec.image_uri)
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
