"""The event source mapping: events of the input stream invoke the function in batches.

The function answers with the first record that it could not process (ReportBatchItemFailures), and
Lambda tries again from there. Where that is the first record of what is left, the rest is halved
(BisectBatchOnFunctionError) until that record is alone; then it's tried MAX_RETRIES times more and
given up: the failure queue is told, and its neighbours have gone through.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from devenv.aws import Aws
from devenv.bootstrap.tags import tags
from devenv.errors import DevenvError
from devenv.settings import Settings
from devenv.wait import wait_for

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

BATCH_SIZE = 100

MAX_RETRIES = 2
"""A bad record holds up its shard for the backoffs between its attempts alone, so few are cheap:
100 of them in a row cost the emulator's shard half a minute. What can't be published for a while is
tried far more often than that: in each invocation, and at each halving of the batch, which uses up
no retries."""

ENABLED_TIMEOUT = 120.0

ROLE_TIMEOUT = 60.0
"""Seconds that IAM may take until the role's new policies count."""


def ensure_mapping(
    settings: Settings,
    aws: Aws,
    input_arn: str,
    batch_size: int = BATCH_SIZE,
    failure_queue_arn: str | None = None,
) -> str:
    """Make or enable the mapping, as it should be, wait until it delivers; return what was done.

    Of a mapping that is there, the batch size stays as somebody may have set it.
    """
    functions = aws.functions
    wanted = failure_handling(failure_queue_arn)
    mapping = find_mapping(settings.function_name, input_arn, aws)
    done = "there"
    if mapping is None:
        _accepted(
            settings,
            aws,
            lambda: functions.create_event_source_mapping(
                FunctionName=settings.function_name,
                EventSourceArn=input_arn,
                StartingPosition="TRIM_HORIZON",
                BatchSize=batch_size,
                Tags=tags(settings.function_name),
                **wanted,
            ),
        )
        done = "made"
    else:
        changes: dict[str, Any] = {k: v for k, v in wanted.items() if mapping.get(k) != v}
        done = "updated" if changes else done
        if mapping["State"] in {"Disabled", "Disabling"}:
            changes["Enabled"], done = True, "enabled"
        if changes:
            uuid = mapping["UUID"]
            _accepted(
                settings,
                aws,
                lambda: functions.update_event_source_mapping(UUID=uuid, **changes),
            )
    _wait_enabled(settings, aws, input_arn)
    return f"mapping {settings.input_stream} → {settings.function_name}: {done}"


def failure_handling(failure_queue_arn: object) -> dict[str, Any]:
    """Return the options as the calls, the description and the template of a mapping have them. A
    template has a reference in the place of the queue's ARN."""
    on_failure = {"Destination": failure_queue_arn} if failure_queue_arn else {}
    return {
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": MAX_RETRIES,
        "DestinationConfig": {"OnFailure": on_failure},
    }


def _accepted(settings: Settings, aws: Aws, call: Callable[[], object]) -> None:
    """Call until Lambda finds that the role may read the stream and send to the queue: it asks at
    once, and IAM makes a new policy known a few seconds later."""
    refusals = aws.functions.exceptions

    def attempt() -> bool:
        try:
            call()
        except refusals.ResourceInUseException:  # A change before this one isn't through.
            return False
        except refusals.InvalidParameterValueException as error:
            if "role" in str(error):
                return False
            raise
        return True

    wait_for(
        attempt,
        timeout=ROLE_TIMEOUT,
        interval=1,
        failure=f"Lambda at {aws.endpoint} did not take the mapping within {ROLE_TIMEOUT:.0f} s: "
        f"the role {settings.role_name} may not read {settings.input_stream}, or not send to "
        f"{settings.failure_queue}. Check its policies, then run this again.",
    )


def _wait_enabled(settings: Settings, aws: Aws, input_arn: str) -> None:
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


def find_mapping(
    function_name: str, input_arn: str, aws: Aws
) -> "EventSourceMappingConfigurationTypeDef | None":
    mappings = aws.functions.list_event_source_mappings(
        FunctionName=function_name, EventSourceArn=input_arn
    )["EventSourceMappings"]
    return next((m for m in mappings if m["State"] != "Deleting"), None)
