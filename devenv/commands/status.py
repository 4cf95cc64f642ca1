"""`devenv status`: what runs, where it listens, and whether a ride would be predicted."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import click

from devenv.aws import UNREACHABLE
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.output import counted
from devenv.pipelines import pipeline_named
from devenv.place import Commands, Place, commands
from devenv.settings import Settings
from devenv.stack import services
from devenv.stack.embedded import NAMES, Embedded
from devenv.stack.process import Registry
from devenv.system import ModelState, ShardState, SystemState, read_system

Row = tuple[object, object, object]

WIDTH = 80
"""Columns that the table has at most, but for names that are longer."""


@dataclass(frozen=True)
class ServiceState:
    """One of the servers that `devenv up` would start."""

    name: str
    running: bool
    url: str | None = None
    pid: int | None = None
    """None for one that answers and isn't this command line's: a container, say."""
    memory_mb: int | None = None


@click.command()
@pipeline_option
@json_option
@pass_context
def status(context: Context, as_json: bool) -> int:
    """Show services, streams, function, mapping and model. Exits 1 if a ride would get nowhere."""
    settings = context.settings
    servers = service_states(settings, Embedded(settings, context.say))
    try:
        system = read_system(settings, context.aws)
    except UNREACHABLE:
        if not settings.is_local:
            raise
        system = None
    ready = system is not None and system.is_ready
    output = context.output(as_json)
    if as_json:
        output.data(
            "",
            endpoint=settings.endpoint,
            region=settings.region,
            pipeline=settings.pipeline,
            mlflow=settings.mlflow_tracking_uri,
            ready=ready,
            services=[dataclasses.asdict(server) for server in servers],
            **(dataclasses.asdict(system) if system else {}),
        )
    else:
        found = rows(settings, servers, system, lambda: commands(settings))
        output.table(("WHAT", "STATE", "DETAIL"), found, WIDTH)
    return 0 if ready else 1


def service_states(settings: Settings, embedded: Embedded) -> list[ServiceState]:
    """The servers on this machine; none of them where the endpoint is elsewhere."""
    if not settings.is_local:
        return []
    states = []
    for name in (n for n in NAMES if embedded.expects(n)):
        found = Registry(settings.home).find(name)
        if found is None:
            answering = services.answering(settings, name)
            states.append(ServiceState(name, answering is not None, answering))
        else:
            states.append(ServiceState(name, True, found.url, found.pid, found.memory_mb()))
    return states


def rows(
    settings: Settings,
    servers: list[ServiceState],
    system: SystemState | None,
    look: Callable[[], Commands],
) -> list[Row]:
    """What is shown. `look` finds out what to type here; that takes a request."""
    found = [_service_row(server, look) for server in servers]
    if system is None:
        return [*found, ("endpoint", "no answer", settings.endpoint)]
    about = pipeline_named(settings.pipeline).about
    found.append(("pipeline", settings.pipeline, about))
    return found + _system_rows(settings, system, look)


def _service_row(server: ServiceState, look: Callable[[], Commands]) -> Row:
    if not server.running:
        return (server.name, "stopped", f"start it with {look().start}")
    if server.pid:
        words = f"process {server.pid}, {server.memory_mb} MB"
    else:
        in_containers = look().place is Place.COMPOSE
        words = "in a container" if in_containers else "not by `devenv up`"
    return (server.name, "running", f"{server.url}, {words}")


def _system_rows(
    settings: Settings, system: SystemState, look: Callable[[], Commands]
) -> list[Row]:
    found: list[Row] = [
        ("stream", stream.status, f"{stream.name}, {counted(stream.open_shards, 'open shard')}")
        for stream in system.streams
    ]
    function = system.function
    if function.state == "Missing":
        detail = f"{look().make} makes it"
    else:
        size = f"{function.memory_mb} MB, {function.timeout_s} s"
        detail = function.reason or f"{function.made_from}, {size}"
    found.append(("function", function.state, f"{function.name}\n{detail}"))
    found.append(("mapping", system.mapping.state, system.mapping.last_result or ""))
    found += [_shard_row(shard) for shard in system.mapping.shards]
    if system.model:
        found.append(_model_row(system.model))
    return found


def _shard_row(shard: ShardState) -> Row:
    """What has been delivered from a shard, and how it went."""
    detail = (
        f"{shard.shard}: {counted(shard.batches, 'batch', 'batches')}, "
        f"{counted(shard.errors, 'error')}, {counted(shard.retries, 'retry', 'retries')}, "
        f"iterator age {shard.iterator_age_ms} ms"
    )
    if shard.throttles:
        detail += f", {shard.throttles} throttled"
    if shard.discarded:
        detail += f", {counted(shard.discarded, 'record')} given up"
    return ("  shard", counted(shard.records, "record"), detail)


def _model_row(model: ModelState) -> Row:
    """A run's model that isn't registered has the run's id for a version: it's shown once."""
    version = "of a run" if model.version == model.run_id else f"version {model.version}"
    name = f"{model.name}@{model.alias}" if model.alias else f"{model.name}, run {model.run_id}"
    return ("model", version, f"{name}\n{model.artifact_uri}")
