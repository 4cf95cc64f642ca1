"""The event source mapping: rides of the input stream invoke the function in batches."""

from typing import TYPE_CHECKING

from devenv.aws import Aws
from devenv.bootstrap.tags import tags
from devenv.errors import DevenvError
from devenv.settings import Settings
from devenv.wait import wait_for

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

BATCH_SIZE = 100
ENABLED_TIMEOUT = 120.0


def ensure_mapping(
    settings: Settings, aws: Aws, input_arn: str, batch_size: int = BATCH_SIZE
) -> str:
    """Make or enable the mapping and wait until it delivers; return what was done."""
    functions = aws.functions
    mapping = find_mapping(settings.function_name, input_arn, aws)
    done = "there"
    if mapping is None:
        functions.create_event_source_mapping(
            FunctionName=settings.function_name,
            EventSourceArn=input_arn,
            StartingPosition="TRIM_HORIZON",
            BatchSize=batch_size,
            Tags=tags(settings.function_name),
        )
        done = "made"
    elif mapping["State"] in {"Disabled", "Disabling"}:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        done = "enabled"

    def probe() -> bool:
        found = find_mapping(settings.function_name, input_arn, aws)
        if found is None:
            raise DevenvError(f"The mapping of {settings.function_name} went away. Try again.")
        return found["State"] == "Enabled"

    wait_for(
        probe,
        timeout=ENABLED_TIMEOUT,
        failure=f"The mapping of {settings.input_stream} to {settings.function_name} at "
        f"{aws.endpoint} was not Enabled within {ENABLED_TIMEOUT:.0f} s. See `devenv status`.",
    )
    return f"mapping {settings.input_stream} → {settings.function_name}: {done}"


def find_mapping(
    function_name: str, input_arn: str, aws: Aws
) -> "EventSourceMappingConfigurationTypeDef | None":
    mappings = aws.functions.list_event_source_mappings(
        FunctionName=function_name, EventSourceArn=input_arn
    )["EventSourceMappings"]
    return next((m for m in mappings if m["State"] != "Deleting"), None)
