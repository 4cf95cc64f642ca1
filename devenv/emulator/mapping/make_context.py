"""Making a mapping's context: its stream as it is now, its checkpoints, the function it invokes."""

from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from localstack.aws.api.lambda_ import ResourceNotFoundException
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.provider_utils import get_function_version_from_arn

from devenv.emulator.kinesis.provider import kinesis
from devenv.emulator.mapping.checkpoints import Checkpoints, prepare
from devenv.emulator.mapping.context import MappingContext
from devenv.emulator.mapping.destinations import Discarded, send
from devenv.emulator.mapping.history import running
from devenv.emulator.mapping.history.entries import Place
from devenv.emulator.mapping.history.recorder import SILENT, LaneRecorder
from devenv.emulator.mapping.history.recording import Recording
from devenv.emulator.mapping.invocation import invoker
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.metrics import Figure, metrics
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.role import read_refusal
from devenv.emulator.mapping.source import Source, SourceGone, find_source
from devenv.emulator.mapping.supervisor import MappingSupervisor


class ContextMaker:
    """Makes the context of a mapping each time that it becomes active."""

    def __init__(self, provider: Any) -> None:
        self._lambda_service = provider.lambda_service
        self._role = ""

    def __call__(self, mapping: MappingSupervisor, options: Options) -> MappingContext:
        source, checkpoints = open_source(mapping, options)
        with suppress(ResourceNotFoundException):  # Invocations will say so.
            self._role = get_function_version_from_arn(options.function_arn).config.role

        def tell(discarded: Discarded) -> bool | None:
            if options.destination is None:
                return None
            return send(options.destination, mapping.uuid, discarded, self._role)

        name, _, account, region = function_locators_from_arn(options.function_arn)
        figure = Figure(account, region, name, "IteratorAge")

        def measure(age: int) -> None:
            metrics().add(figure, age)

        return MappingContext(
            options=options,
            source=source,
            checkpoints=checkpoints,
            invoke=invoker(self._lambda_service, options.function_arn),
            role=self._role,
            send=tell,
            report=mapping.report,
            statistics=mapping.statistics,
            measure=measure,
            read_refusal=read_refusal(options.function_arn, options.source_arn),
            recorder=lambda shard_id, lane: make_recorder(
                mapping.uuid, options, source.stream_id, shard_id, lane
            ),
        )


def make_recorder(
    uuid: str, options: Options, stream: int, shard_id: str, lane: Lane
) -> LaneRecorder:
    """What writes a lane's batches into the history, unless none is kept."""
    journal = running.journal()
    if journal is None:
        return SILENT
    place = Place(
        mapping=uuid,
        function=options.function_arn,
        source=options.source_arn,
        stream=stream,
        shard=shard_id,
        lane=lane.number,
        lanes=lane.lanes,
    )
    return Recording(place, options.destination, journal)


def open_source(mapping: MappingSupervisor, options: Options) -> tuple[Source, Checkpoints]:
    """Return the stream as it is now, and the checkpoints in it, which for a new mapping are made.
    Raises SourceGone."""
    stream = find_source(kinesis(), options.source_arn)
    source = Source(kinesis(), options.source_arn, stream.id)
    former = mapping.checkpoints
    if (
        former is not None
        and former.stream == stream.id
        and former.function != options.function_arn
    ):
        checkpoints = former.rename(options.function_arn)
    else:
        checkpoints = checkpoints_of(options, stream.id)
    if not checkpoints.load():
        if former is not None and former.stream != stream.id:
            # Made anew while the mapping was there: nothing of it was ever read.
            options = replace(options, starting_position="TRIM_HORIZON", starting_timestamp=None)
        checkpoints.save_all(source.first_checkpoints(options))
    mapping.checkpoints = checkpoints
    return source, checkpoints


def forget(mapping: MappingSupervisor) -> None:
    """Delete a mapping's checkpoints, and what is kept of its batches."""
    options = mapping.desired.options
    if (journal := running.journal()) is not None:
        journal.forget(mapping.uuid, options.function_arn, options.source_arn)
    if mapping.checkpoints is not None:
        mapping.checkpoints.forget()
    try:
        stream = find_source(kinesis(), options.source_arn)
    except SourceGone:
        return
    checkpoints_of(options, stream.id).forget()


def checkpoints_of(options: Options, stream: int) -> Checkpoints:
    _prepare()
    return Checkpoints(kinesis().store.database, options.function_arn, options.source_arn, stream)


@cache
def _prepare() -> None:
    prepare(kinesis().store.database, kinesis().store.stream_ids())
