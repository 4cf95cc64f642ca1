"""LocalStack's CloudFormation with our resources, and with reasons in a failed stack's events."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api.cloudformation import StackStatus
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2
from localstack.services.plugins import Service

from devenv.emulator import localstack_seams
from devenv.emulator.cloudformation.failures import FAILED, failure
from devenv.emulator.cloudformation.stream_consumers import ConsumerProvider
from devenv.emulator.cloudformation.streams import StreamProvider

OURS = {
    "AWS::Kinesis::Stream": StreamProvider,
    "AWS::Kinesis::StreamConsumer": ConsumerProvider,
}
UPDATING = StackStatus.UPDATE_IN_PROGRESS
BEGINNINGS = (UPDATING, StackStatus.CREATE_IN_PROGRESS, StackStatus.DELETE_IN_PROGRESS)


def make_service() -> Service:
    localstack_seams.apply(localstack_seams.CLOUDFORMATION)
    return Service.for_provider(CloudformationProviderV2())


def ours_first(load: Callable[[str], Any]) -> Any:
    """Have our resources made by our providers."""

    def try_load_resource_provider(resource_type: str) -> Any:
        ours = OURS.get(resource_type)
        return load(resource_type) if ours is None else ours()

    return staticmethod(try_load_resource_provider)


def with_reason(set_status: Callable[..., None]) -> Callable[..., None]:
    """LocalStack gives the reason to the resource's event alone, and calls an update COMPLETE, or a
    creation rolled back, whatever failed in it. Nothing is rolled back, as with AWS's
    --disable-rollback: there it ends in UPDATE_FAILED."""

    def set_stack_status(stack: Any, status: str, reason: str | None = None) -> None:
        if status in BEGINNINGS:
            stack.devenv_began = status
        why = failure(stack.resource_states)
        if why and getattr(stack, "devenv_began", "") == UPDATING and status != UPDATING:
            if stack.status == StackStatus.UPDATE_FAILED:
                return
            status = StackStatus.UPDATE_FAILED
        if reason is None and (status.endswith(FAILED) or "ROLLBACK" in status):
            reason = why
        set_status(stack, status, reason)

    return set_stack_status
