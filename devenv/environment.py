"""The embedded environment brought up: the stack's processes, then the bootstrap's steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

from devenv import bootstrap
from devenv.aws import UNREACHABLE, Aws
from devenv.bootstrap.model import DeployedModel, ModelSource
from devenv.bootstrap.model_files import PreparedModel, prepare
from devenv.pipelines import DEFAULT, pipeline_named
from devenv.pipelines.pipeline import Pipeline
from devenv.settings import Settings
from devenv.stack.embedded import Embedded
from devenv.stack.services import answering
from devenv.system import read_system
from devenv.wait import wait_for

Say = Callable[[str], None]


@dataclass(frozen=True)
class Up:
    """What `bring_up` found or made."""

    started: list[str]
    """Names of the services that this call started; the others ran before."""
    model: DeployedModel


def model_source(data: str | None, pipeline: str = DEFAULT) -> ModelSource:
    """What to train on if there's need; raises at once for a file that isn't there."""
    found = pipeline_named(pipeline)
    found.data_version(data)
    return ModelSource(found, data)


def bring_up(settings: Settings, aws: Aws, say: Say, data: str | None = None) -> Up:
    """Start what isn't running, wait until it answers, and make what's missing.

    Whatever goes wrong, Ctrl-C included, the services that this call started are stopped again.
    """
    source = model_source(data, settings.pipeline)
    first_time = not settings.s3_folder.exists()
    embedded = Embedded(settings, say)
    with embedded.exclusive(), _stopped_on_failure(embedded, say):
        started = embedded.start()
        by_name = {service.name: service for service in started}
        if emulator := by_name.pop("emulator", None):
            if first_time:
                # S3 has no model's files yet, so one will have to be trained: begin meanwhile.
                training = _in_background(source.pipeline, data)
                source = ModelSource(source.pipeline, data, training.result)
            embedded.wait(emulator)

        def registry_ready() -> None:
            for service in by_name.values():
                embedded.wait(service)

        model = bootstrap.run(settings, aws, say, source, registry_ready)
    return Up([service.name for service in started], model)


def runs_elsewhere(settings: Settings, aws: Aws) -> bool:
    """Whether the endpoint has the whole system, and it isn't this command line's processes:
    in containers, say, or on AWS."""
    if Embedded(settings, lambda line: None).running():
        return False
    try:
        return read_system(settings, aws).is_ready
    except UNREACHABLE:
        return False


def await_servers(settings: Settings, aws: Aws, timeout: float) -> None:
    """Return once endpoint and tracking server answer, whoever starts them; `Unreachable` if that
    takes longer than `timeout` seconds."""

    def endpoint_answers() -> bool:
        try:
            return bool(aws.kinesis.list_streams(Limit=1))
        except UNREACHABLE:
            return False

    for name, probe in (
        (settings.endpoint, endpoint_answers),
        (f"MLflow at {settings.mlflow_tracking_uri}", lambda: answering(settings, "mlflow")),
    ):
        wait_for(probe, timeout=timeout, failure=f"{name} did not answer within {timeout:.0f} s.")


def take_down(embedded: Embedded) -> list[str]:
    """Stop the instance, undisturbed by a second Ctrl-C; the names of what ran."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return embedded.stop()
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def _stopped_on_failure(embedded: Embedded, say: Say) -> Iterator[None]:
    """Stop the instance if the body fails, unless services were already running before it."""
    ran_before = embedded.running()
    try:
        yield
    except BaseException:
        if not ran_before:
            if embedded.running():
                say("Stopping what was started …")
            take_down(embedded)  # Also what was started, but not yet noted down, at Ctrl-C.
        raise


def _in_background(pipeline: Pipeline, data: str | None) -> Future[PreparedModel]:
    """Train in a thread that doesn't hold up the end of the program."""
    future: Future[PreparedModel] = Future()

    def work() -> None:
        try:
            future.set_result(prepare(pipeline, data))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True, name="training").start()
    return future
