"""AWS::Kinesis::Stream: made, changed and deleted by Kinesis's API, as `stream_steps` says."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.kinesis.resource_providers.aws_kinesis_stream import KinesisStreamProvider

from devenv.emulator.cloudformation.stream_steps import Step, creation, next_step, trouble

MADE = "made"
"""In a request's context: that the stream is there, and this is the same deployment."""


class StreamProvider(KinesisStreamProvider):
    """LocalStack makes each stream ON_DEMAND, leaves most properties out and can't update any; its
    way of deleting is taken over."""

    def create(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        model = request.desired_state
        if MADE in request.custom_context:
            return self._go_on(request, model, {})
        if reason := trouble(model):
            return failed(reason)
        model.setdefault(
            "Name",
            generate_default_name(
                stack_name=request.stack_name, logical_resource_id=request.logical_resource_id
            ),
        )
        kinesis = request.aws_client_factory.kinesis
        try:
            call(kinesis, creation(model), {})
            answer = kinesis.describe_stream_summary(StreamName=model["Name"])
        except (ClientError, BotoCoreError) as error:
            return failed(str(error))
        model["Arn"] = answer["StreamDescriptionSummary"]["StreamARN"]
        request.custom_context[MADE] = True
        return in_progress(request, model)

    def update(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        before = request.previous_state or {}
        model = {**request.desired_state, "Name": before["Name"], "Arn": before["Arn"]}
        if reason := trouble(model):
            return failed(reason, before)
        return self._go_on(request, model, before)

    def _go_on(
        self, request: ResourceRequest[Any], model: dict[str, Any], before: Mapping[str, Any]
    ) -> ProgressEvent[Any]:
        """The next step, once the stream is ready for it. A new stream that can't be brought to
        what is wanted is deleted: its stack won't know it."""
        kinesis, named = request.aws_client_factory.kinesis, {"StreamARN": model["Arn"]}
        try:
            stream = kinesis.describe_stream_summary(**named)["StreamDescriptionSummary"]
            if stream["StreamStatus"] != "ACTIVE":
                return in_progress(request, model)
            tags = {tag["Key"]: tag["Value"] for tag in _tags(kinesis, model["Arn"])}
            step = next_step(model, before, stream, tags)
            if step is None:
                return succeeded(request, model)
            call(kinesis, step, named)
        except (ClientError, BotoCoreError) as error:
            if MADE in request.custom_context:
                kinesis.delete_stream(**named, EnforceConsumerDeletion=True)
            return failed(str(error), before)
        return in_progress(request, model)


def call(kinesis: Any, step: Step, named: Mapping[str, Any]) -> None:
    getattr(kinesis, step.operation)(**named, **step.parameters)


def failed(reason: str, model: Mapping[str, Any] | None = None) -> ProgressEvent[Any]:
    """`model` is what is there all the same: of an update that failed."""
    return ProgressEvent(
        status=OperationStatus.FAILED, resource_model=dict(model or {}), message=reason
    )


def in_progress(request: ResourceRequest[Any], model: dict[str, Any]) -> ProgressEvent[Any]:
    return _event(OperationStatus.IN_PROGRESS, request, model)


def succeeded(request: ResourceRequest[Any], model: dict[str, Any]) -> ProgressEvent[Any]:
    return _event(OperationStatus.SUCCESS, request, model)


def _event(
    status: OperationStatus, request: ResourceRequest[Any], model: dict[str, Any]
) -> ProgressEvent[Any]:
    context = request.custom_context
    return ProgressEvent(status=status, resource_model=model, custom_context=context)


def _tags(kinesis: Any, arn: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"]
    return found
