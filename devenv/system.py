"""The state of the system on an endpoint: streams, function, mapping, model; for `status`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, Aws, error_code
from devenv.bootstrap.mapping import find_mapping
from devenv.pages import fetch
from devenv.settings import Settings


@dataclass(frozen=True)
class StreamState:
    name: str
    status: str
    """Kinesis's, or MISSING."""
    open_shards: int = 0
    arn: str | None = None


@dataclass(frozen=True)
class FunctionState:
    name: str
    state: str
    """Lambda's, or Missing."""
    reason: str | None = None
    last_update: str | None = None
    image_uri: str | None = None
    memory_mb: int | None = None
    timeout_s: int | None = None
    runtime: str | None = None
    """A zip function's, as python3.13; None for an image."""
    handler: str | None = None

    @property
    def made_from(self) -> str:
        """An image by its name, a zip by what runs it."""
        return self.image_uri or f"zip, {self.runtime}, {self.handler}"


@dataclass(frozen=True)
class ShardState:
    """What the mapping has done with a shard since the emulator started."""

    shard: str
    records: int
    """Delivered: those of failed batches aren't counted."""
    batches: int
    errors: int
    retries: int
    throttles: int
    discarded: int
    iterator_age_ms: int


@dataclass(frozen=True)
class MappingState:
    state: str
    """Lambda's, or Missing."""
    last_result: str | None = None
    uuid: str | None = None
    shards: list[ShardState] = field(default_factory=list)
    """Only this project's emulator tells."""


@dataclass(frozen=True)
class ModelState:
    """What the function is configured to load."""

    name: str
    version: str
    alias: str | None
    """The alias that the bootstrap took it from; None if it was a run's."""
    run_id: str
    artifact_uri: str


@dataclass(frozen=True)
class SystemState:
    streams: list[StreamState]
    function: FunctionState
    mapping: MappingState
    model: ModelState | None

    @property
    def is_ready(self) -> bool:
        """Whether a ride that's put now will be predicted."""
        streams = all(stream.status == "ACTIVE" for stream in self.streams)
        return streams and self.function.state == "Active" and self.mapping.state == "Enabled"


def read_system(settings: Settings, aws: Aws) -> SystemState:
    """Ask the endpoint for everything; a part that isn't there is shown so, not raised."""
    names = (settings.input_stream, settings.predictions_stream)
    streams = [_stream(name, aws) for name in names]
    function, variables = _function(settings.function_name, aws)
    model = _model(settings, variables) if "MODEL_URI" in variables else None
    return SystemState(streams, function, _mapping(settings, aws, streams[0].arn), model)


def _stream(name: str, aws: Aws) -> StreamState:
    try:
        answer = aws.kinesis.describe_stream_summary(StreamName=name)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return StreamState(name, "MISSING")
        raise
    summary = answer["StreamDescriptionSummary"]
    status, shards = summary["StreamStatus"], summary["OpenShardCount"]
    return StreamState(name, status, shards, summary["StreamARN"])


def _function(name: str, aws: Aws) -> tuple[FunctionState, Mapping[str, str]]:
    """The function's state and its variables."""
    try:
        answer = aws.functions.get_function(FunctionName=name)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return FunctionState(name, "Missing"), {}
        raise
    config = answer["Configuration"]
    state = FunctionState(
        name,
        config.get("State", "Unknown"),
        config.get("StateReason"),
        config.get("LastUpdateStatus"),
        answer["Code"].get("ImageUri"),
        config.get("MemorySize"),
        config.get("Timeout"),
        config.get("Runtime"),
        config.get("Handler"),
    )
    return state, config.get("Environment", {}).get("Variables", {})


def _mapping(settings: Settings, aws: Aws, input_arn: str | None) -> MappingState:
    found = find_mapping(settings.function_name, input_arn, aws) if input_arn else None
    if found is None:
        return MappingState("Missing")
    uuid = found["UUID"]
    shards = _shards(settings, uuid)
    return MappingState(found["State"], found.get("LastProcessingResult"), uuid, shards)


def _shards(settings: Settings, uuid: str) -> list[ShardState]:
    """From a page of the emulator's; none where the endpoint has no such page, as AWS."""
    page = fetch(f"{settings.endpoint_url}/_devenv/mappings") if settings.is_local else None
    try:
        mappings = json.loads(page) if page else []
        return [shard_state(shard) for m in mappings if m["uuid"] == uuid for shard in m["shards"]]
    except (ValueError, TypeError, LookupError):  # Another emulator's answer.
        return []


def shard_state(shown: Mapping[str, Any]) -> ShardState:
    """Read a shard of the emulator's page. Counters that this version doesn't know are passed over.

    Raises `KeyError` for one that is missing.
    """
    return ShardState(**{each.name: shown[each.name] for each in fields(ShardState)})


def _model(settings: Settings, variables: Mapping[str, str]) -> ModelState:
    version, run_id = variables.get("MODEL_VERSION", ""), variables.get("RUN_ID", "")
    # What an earlier devenv deployed doesn't tell; a run's model has the run's id for a version.
    by_alias = version != run_id if version else True
    return ModelState(
        variables.get("MODEL_NAME", ""),
        version,
        variables.get("MODEL_ALIAS", settings.model_alias if by_alias else "") or None,
        run_id,
        variables["MODEL_URI"],
    )
