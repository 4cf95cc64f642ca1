"""AWS::Kinesis::StreamConsumer. Its name and its stream can't change: then it is made anew."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.kinesis.resource_providers.aws_kinesis_streamconsumer import (
    KinesisStreamConsumerProvider,
)

from devenv.emulator.cloudformation.stream_steps import tags_of
from devenv.emulator.cloudformation.streams import failed, in_progress, succeeded

HONOURED = {"ConsumerName", "StreamARN", "Tags"}
READ_ONLY = {"Id", "ConsumerARN", "ConsumerStatus", "ConsumerCreationTimestamp"}


class ConsumerProvider(KinesisStreamConsumerProvider):
    """With tags and all its attributes. LocalStack's way of deleting is taken over."""

    def create(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        model, kinesis = request.desired_state, request.aws_client_factory.kinesis
        if reason := _trouble(model):
            return failed(reason)
        try:
            if "ConsumerARN" not in model:
                tags = {"Tags": found} if (found := tags_of(model)) else {}
                answer = kinesis.register_stream_consumer(
                    StreamARN=model["StreamARN"], ConsumerName=model["ConsumerName"], **tags
                )
                model["Id"] = model["ConsumerARN"] = answer["Consumer"]["ConsumerARN"]
            answer = kinesis.describe_stream_consumer(ConsumerARN=model["ConsumerARN"])
        except (ClientError, BotoCoreError) as error:
            return failed(str(error))
        consumer = answer["ConsumerDescription"]
        model["ConsumerStatus"] = consumer["ConsumerStatus"]
        created = consumer["ConsumerCreationTimestamp"]
        model["ConsumerCreationTimestamp"] = str(int(created.timestamp()))
        if model["ConsumerStatus"] != "ACTIVE":
            return in_progress(request, model)
        return succeeded(request, model)

    def update(self, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
        """Tags are all that changes without a new consumer."""
        before, kinesis = request.previous_state or {}, request.aws_client_factory.kinesis
        kept = {name: before[name] for name in READ_ONLY if name in before}
        model = {**request.desired_state, **kept}
        if reason := _trouble(model):
            return failed(reason, before)
        named = {"ResourceARN": before["ConsumerARN"]}
        earlier, wanted = tags_of(before), tags_of(model)
        try:
            if gone := sorted(earlier.keys() - wanted.keys()):
                kinesis.untag_resource(**named, TagKeys=gone)
            if wanted and wanted != earlier:
                kinesis.tag_resource(**named, Tags=wanted)
        except (ClientError, BotoCoreError) as error:
            return failed(str(error), before)
        return succeeded(request, model)


def _trouble(properties: dict[str, Any]) -> str | None:
    unknown = sorted(properties.keys() - HONOURED - READ_ONLY)
    return f"not honoured by this emulator: {', '.join(unknown)}" if unknown else None
