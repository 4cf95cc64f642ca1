"""What a mapping's lanes begin with: the stream as it is, their checkpoints, and whom they call."""

from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from localstack.aws.api.lambda_ import ResourceNotFoundException
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.provider_utils import get_function_version_from_arn

from devenv.emulator.kinesis.provider import kinesis
from devenv.emulator.mapping.checkpoints import Checkpoints, prepare
from devenv.emulator.mapping.destinations import Discarded, send
from devenv.emulator.mapping.invocation import invoker
from devenv.emulator.mapping.metrics import Figure, metrics
from devenv.emulator.mapping.options import Options
from devenv.emulator.mapping.role import reader
from devenv.emulator.mapping.source import Source, SourceGone, find
from devenv.emulator.mapping.work import Work
from devenv.emulator.mapping.worker import Worker


class Beginning:
    """Makes what a mapping's lanes work with."""

    def __init__(self, provider: Any) -> None:
        self._lambda_service = provider.lambda_service
        self._role = ""

    def __call__(self, worker: Worker, options: Options) -> Work:
        source, checkpoints = open_source(worker, options)
        with suppress(ResourceNotFoundException):  # Invocations will say so.
            self._role = get_function_version_from_arn(options.function_arn).config.role

        def tell(discarded: Discarded) -> None:
            if options.destination:
                send(options.destination, worker.uuid, discarded, self._role)

        name, _, account, region = function_locators_from_arn(options.function_arn)
        figure = Figure(account, region, name, "IteratorAge")

        def measure(age: int) -> None:
            metrics().add(figure, age)

        return Work(
            options,
            source,
            checkpoints,
            invoker(self._lambda_service, options.function_arn),
            self._role,
            tell,
            worker.report,
            worker.statistics,
            measure,
            reader(options.function_arn, options.source_arn),
        )


def open_source(worker: Worker, options: Options) -> tuple[Source, Checkpoints]:
    """The stream as it is now, and where in it to go on. Raises SourceGone."""
    stream = find(kinesis(), options.source_arn)
    source = Source(kinesis(), options.source_arn, stream.id)
    former = worker.checkpoints
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
        checkpoints.begin(source.beginning(options))
    worker.checkpoints = checkpoints
    return source, checkpoints


def forget(worker: Worker) -> None:
    if worker.checkpoints is not None:
        worker.checkpoints.forget()
    try:
        stream = find(kinesis(), worker.wanted.options.source_arn)
    except SourceGone:
        return
    checkpoints_of(worker.wanted.options, stream.id).forget()


def checkpoints_of(options: Options, stream: int) -> Checkpoints:
    _prepare()
    return Checkpoints(kinesis().store.database, options.function_arn, options.source_arn, stream)


@cache
def _prepare() -> None:
    prepare(kinesis().store.database, kinesis().store.stream_ids())
