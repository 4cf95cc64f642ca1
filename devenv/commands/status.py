"""`devenv status`: what runs, where it listens, and whether a ride would be predicted."""

import dataclasses
from dataclasses import dataclass

import click

from devenv.aws import UNREACHABLE
from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.output import Output, counted
from devenv.pipelines import pipeline_named
from devenv.settings import Settings
from devenv.stack import services
from devenv.stack.embedded import NAMES, Embedded
from devenv.stack.process import Registry
from devenv.system import ShardState, SystemState, read_system


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
        _show(output, settings, servers, system)
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


def _show(
    output: Output,
    settings: Settings,
    servers: list[ServiceState],
    system: SystemState | None,
) -> None:
    rows: list[tuple[object, ...]] = []
    for service in servers:
        process = f"process {service.pid}, {service.memory_mb} MB"
        detail = f"{service.url}  {process if service.pid else 'not by `devenv up`'}"
        rows.append(
            (service.name, "running" if service.running else "stopped", detail)
            if service.running
            else (service.name, "stopped", "start it with `devenv up -d`")
        )
    if system is None:
        rows.append(("endpoint", "no answer", settings.endpoint))
    else:
        rows.append(("pipeline", settings.pipeline, pipeline_named(settings.pipeline).about))
        rows += _system_rows(system)
    output.table(("WHAT", "STATE", "DETAIL"), rows)


def _system_rows(system: SystemState) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (f"stream {stream.name}", stream.status, counted(stream.open_shards, "open shard"))
        for stream in system.streams
    ]
    function = system.function
    detail = function.reason or (
        f"{function.image_uri}, {function.memory_mb} MB, {function.timeout_s} s"
        if function.state != "Missing"
        else "make it with `devenv bootstrap`"
    )
    rows.append((f"function {function.name}", function.state, detail))
    rows.append(("mapping", system.mapping.state, system.mapping.last_result or ""))
    rows += [_shard_row(shard) for shard in system.mapping.shards]
    if model := system.model:
        origin = f"@{model.alias}" if model.alias else f" of run {model.run_id}"
        rows.append((f"model {model.name}", f"version {model.version}{origin}", model.artifact_uri))
    return rows


def _shard_row(shard: ShardState) -> tuple[object, ...]:
    """What has been delivered from a shard, and how it went."""
    detail = (
        f"{counted(shard.batches, 'batch', 'batches')}, {counted(shard.errors, 'error')}, "
        f"{counted(shard.retries, 'retry', 'retries')}, iterator age {shard.iterator_age_ms} ms"
    )
    if shard.throttles:
        detail += f", {shard.throttles} throttled"
    if shard.discarded:
        detail += f", {counted(shard.discarded, 'record')} given up"
    return (f"  {shard.shard}", counted(shard.records, "record"), detail)
