"""The embedded environment brought up: the stack's processes, then the bootstrap's steps."""

import signal
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

from devenv.aws import UNREACHABLE, Aws
from devenv.bootstrap import steps
from devenv.bootstrap.bucket import ensure_bucket
from devenv.bootstrap.model import DeployedModel, ModelSource
from devenv.bootstrap.model_files import PreparedModel, prepare
from devenv.pipelines import DEFAULT, pipeline_named
from devenv.pipelines.pipeline import Pipeline
from devenv.settings import Settings
from devenv.stack import function_packages
from devenv.stack.embedded import Embedded
from devenv.stack.process import Running
from devenv.stack.services import answering, runs_functions_here
from devenv.system import read_system
from devenv.wait import wait_for

Say = Callable[[str], None]


@dataclass(frozen=True)
class Up:
    """What `bring_up` found or made."""

    started: list[str]
    """Names of the services that this call started; the others ran before."""
    owned: tuple[Running, ...]
    """What `stop_owned` is to stop: everything that runs, if this call started any of it. So two
    `devenv up` never own the same environment: the one that completes it last does."""
    model: DeployedModel | None
    """None in an environment that was to be empty."""


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

        model = steps.run(settings, aws, say, source, registry_ready)
        owned = embedded.running_services() if started else ()
    return Up([service.name for service in started], owned, model)


def bring_up_empty(settings: Settings, aws: Aws, say: Say) -> Up:
    """The same without the system: of what the bootstrap makes there's the bucket alone, which
    MLflow keeps artifacts in. What an earlier `up` has left in S3 and Kinesis stays, and is told.
    """
    embedded = Embedded(settings, say)
    with embedded.exclusive(), _stopped_on_failure(embedded, say):
        started = embedded.start()
        for service in started:
            embedded.wait(service)
        say(ensure_bucket(settings, aws))
        if left := _left_from_before(settings, aws):
            say(f"Not empty: {', '.join(left)}, from before. `devenv down --purge` deletes all.")
        owned = embedded.running_services() if started else ()
    return Up([service.name for service in started], owned, None)


def _left_from_before(settings: Settings, aws: Aws) -> list[str]:
    """What outlives the emulator, by name."""
    pages = aws.kinesis.get_paginator("list_streams").paginate()
    streams = [name for page in pages for name in page["StreamNames"]]
    buckets = [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]]
    others = [name for name in buckets if name != settings.model_bucket]
    return [f"stream {name}" for name in streams] + [f"bucket {name}" for name in others]


def runs_elsewhere(settings: Settings, aws: Aws) -> bool:
    """Whether the endpoint has the whole system, and it isn't this command line's processes:
    in containers, say, or on AWS."""
    if Embedded(settings, lambda line: None).running():
        return False
    try:
        return read_system(settings, aws).is_ready
    except UNREACHABLE:
        return False


def install_packages(settings: Settings, say: Say) -> None:
    """Have the packages of Pipfile.lock where an emulator that runs functions as processes takes
    them from: the lock may have changed since its start. Outside of a checkout there is none."""
    if (settings.root / "Pipfile.lock").is_file() and runs_functions_here(settings):
        function_packages.ensure(settings.root, say)


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


def take_down(embedded: Embedded, spared: Collection[Running] = ()) -> list[str]:
    """Stop the instance but for `spared`, undisturbed by a second Ctrl-C; the names of what was
    stopped. The caller holds `embedded.exclusive()`."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return embedded.stop(spared)
    finally:
        signal.signal(signal.SIGINT, previous)


def stop_owned(embedded: Embedded, owned: Collection[Running]) -> None:
    """Stop the instance, unless another command has started a service of it anew since: then all
    of it is that command's, and is left running."""
    if not embedded.settings.home.is_dir():
        return
    with embedded.exclusive():
        if strangers := [r.name for r in embedded.running_services() if r not in owned]:
            names = " and ".join(strangers)
            embedded.say(f"Another command has started {names} since: left running.")
        else:
            take_down(embedded)


@contextmanager
def _stopped_on_failure(embedded: Embedded, say: Say) -> Iterator[None]:
    """Stop what the body has started if it fails, and leave alone what ran before it. Within
    `exclusive()`."""
    ran_before = embedded.running_services()
    try:
        yield
    except BaseException:
        if set(embedded.running_services()) - set(ran_before):
            say("Stopping what was started …")
        # Also what was started, but not yet noted down, at Ctrl-C.
        take_down(embedded, spared=ran_before)
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
