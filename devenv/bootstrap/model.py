"""The bootstrap's model step: a model with the alias, whose files can be read, or a new one.

The alias is set last, so that a step which was cut short is taken up again: a version of ours
without it gets it, anything less is trained anew. The registry may outlive what S3 had (another
emulator, a deleted bucket): files that are gone mean training anew.
"""

from collections.abc import Callable
from dataclasses import dataclass

from devenv.aws import Aws
from devenv.bootstrap import loadable
from devenv.bootstrap.model_files import DATA_TAG, LOGGED_NAME, PreparedModel, prepare, publish
from devenv.bootstrap.model_in_s3 import defect
from devenv.bootstrap.registry import ModelVersion, Registry, Run
from devenv.errors import BadInput, NotFound
from devenv.pipelines.pipeline import Pipeline
from devenv.place import commands
from devenv.settings import Settings

RECENT = 5
"""How many versions are looked at for one that only has the alias."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class ModelSource:
    """What to train on, should a model have to be trained."""

    pipeline: Pipeline
    data: str | None = None
    """A path or URL that was asked for; None keeps whatever the alias has."""
    training: Callable[[], PreparedModel] | None = None
    """Called only if a model is needed: a caller that began early passes its future's `result`.
    None trains when it comes to it."""

    def prepared(self) -> PreparedModel:
        return self.training() if self.training else prepare(self.pipeline, self.data)


@dataclass(frozen=True)
class DeployedModel:
    """The model that the function is to load."""

    name: str
    version: str
    """The registry's number; the run's id if the run's model isn't registered."""
    run_id: str
    """Empty if the version came from no run."""
    artifact_uri: str
    """Where MLmodel and the rest are, `s3://bucket/…`, as MLflow resolved it."""
    rmse: float | None
    """On the validation period, if the model's run has it."""
    trained: bool
    """Whether this call trained it."""
    alias: str
    """The one that it was found by; empty if RUN_ID named it."""


def ensure_model(settings: Settings, aws: Aws, say: Say, source: ModelSource) -> DeployedModel:
    """Find or make the model to deploy, and `say` which. The bucket must be there already.

    With RUN_ID set it is that run's model. Otherwise it's the alias's, kept as it is unless
    `source.data` names data that it was not trained on.
    """
    registry = _registry(settings)
    if settings.run_id is not None:
        return _of_run(registry, aws, settings, settings.run_id, say)
    label = f"model {settings.model_name}@{settings.model_alias}"
    wanted = None if source.data is None else source.pipeline.data_version(source.data)
    champion = registry.version_with_alias(settings.model_name, settings.model_alias)
    if champion is not None and wanted in (None, champion.tags.get(DATA_TAG)):
        uri = registry.artifact_uri(champion)
        has = defect(aws, uri)
        if has is None:
            _require_loadable(aws, settings, uri, f"version {champion.version} of {label}")
            say(f"{label}: version {champion.version} there, at {uri}")
            return _as_deployed(registry, settings, champion, uri)
        say(
            f"{label}: version {champion.version} is registered, but S3 no longer has its files: "
            f"at {uri} it has {has}"
        )
    elif champion is not None:
        say(f"{label}: version {champion.version} was not trained on {source.data}")
    if finished := _finish(registry, aws, settings, wanted, champion):
        say(f"{label}: version {finished.version} lacked only the alias; it has it now")
        return finished
    say(f"{label}: training on {source.data or source.pipeline.built_in}")
    return _publish(registry, aws, settings, source.prepared(), say)


def existing_model(settings: Settings, aws: Aws) -> DeployedModel:
    """Find the model that would be deployed; nothing is trained or changed.

    Raises `NotFound` if there is none, or if S3 lacks its files.
    """
    registry = _registry(settings)
    if settings.run_id is not None:
        return _of_run(registry, aws, settings, settings.run_id, lambda line: None)
    found = registry.version_with_alias(settings.model_name, settings.model_alias)
    if found is None:
        raise NotFound(
            f"MLflow at {registry.uri} has no {settings.model_name}@{settings.model_alias}: "
            "`devenv bootstrap` trains it, or set RUN_ID to a run with a model."
        )
    uri = registry.artifact_uri(found)
    if has := defect(aws, uri):
        raise NotFound(f"{settings.model_name}@{settings.model_alias}: at {uri} S3 has {has}.")
    return _as_deployed(registry, settings, found, uri)


def _registry(settings: Settings) -> Registry:
    return Registry(settings.mlflow_tracking_uri, start=lambda: commands(settings).start_mlflow)


def _publish(
    registry: Registry, aws: Aws, settings: Settings, prepared: PreparedModel, say: Say
) -> DeployedModel:
    made = publish(prepared, settings, registry)
    uri = registry.artifact_uri(made)
    if has := defect(aws, uri):
        raise NotFound(
            f"MLflow at {registry.uri} has version {made.version} of {made.name} at {uri}, but "
            f"{aws.endpoint} has {has}. Do both use the same S3 (AWS_ENDPOINT_URL)?"
        )
    registry.set_alias(made.name, settings.model_alias, made.version)
    quality = prepared.trained.evaluation
    say(
        f"model {made.name}@{settings.model_alias}: version {made.version} made, RMSE "
        f"{quality.rmse:.2f} on {quality.validation_rows} later rows, at {uri}"
    )
    run_id = made.run_id or ""
    return DeployedModel(
        *(made.name, made.version, run_id, uri, quality.rmse),
        trained=True,
        alias=settings.model_alias,
    )


def _finish(
    registry: Registry,
    aws: Aws,
    settings: Settings,
    wanted: str | None,
    champion: ModelVersion | None,
) -> DeployedModel | None:
    """A version of ours, newer than the champion, that has only the alias: give it that.

    `wanted` is the data version that was asked for; None takes any.
    """
    newest = int(champion.version) if champion else 0
    for version in registry.newest_versions(settings.model_name, RECENT):
        data = version.tags.get(DATA_TAG)
        if int(version.version) <= newest or data is None or wanted not in (None, data):
            continue
        uri = registry.artifact_uri(version)
        if defect(aws, uri) is None:
            registry.set_alias(version.name, settings.model_alias, version.version)
            return _as_deployed(registry, settings, version, uri)
    return None


def _as_deployed(
    registry: Registry, settings: Settings, version: ModelVersion, uri: str
) -> DeployedModel:
    run = registry.run(version.run_id) if version.run_id else None
    rmse = run.metrics.get("rmse") if run else None
    run_id = version.run_id or ""
    return DeployedModel(
        *(version.name, version.version, run_id, uri, rmse),
        trained=False,
        alias=settings.model_alias,
    )


def _of_run(
    registry: Registry, aws: Aws, settings: Settings, run_id: str, say: Say
) -> DeployedModel:
    """The model that `runs:/RUN_ID/model` means."""
    run = registry.run(run_id)
    if run is None:
        raise NotFound(
            f"MLflow at {registry.uri} has no run {run_id} (RUN_ID). Take one from its list of "
            f"runs, or unset RUN_ID to deploy {settings.model_name}@{settings.model_alias}."
        )
    uri = _run_artifact_uri(registry, run)
    if has := defect(aws, uri):
        raise NotFound(
            f"Run {run_id} (RUN_ID) of MLflow at {registry.uri} has no model in S3 at {uri} "
            f"({aws.endpoint} has {has}). "
            "Choose a run that logged one under the name `model`, or unset RUN_ID."
        )
    _require_loadable(aws, settings, uri, f"the model of run {run_id} (RUN_ID)")
    versions = registry.newest_versions(settings.model_name, 1000)
    number = next((v.version for v in versions if v.run_id == run_id), run_id)
    say(f"model of run {run_id} (RUN_ID): there, at {uri}")
    rmse = run.metrics.get("rmse")
    return DeployedModel(settings.model_name, number, run_id, uri, rmse, trained=False, alias="")


def _require_loadable(aws: Aws, settings: Settings, uri: str, what: str) -> None:
    """Raise `BadInput` for a model that the function of this checkout would fail with."""
    if settings.image_uri is not None:
        return
    if why := loadable.trouble(aws, uri, settings.root / "Pipfile.lock"):
        raise BadInput(
            f"The function can't load {what}, at {uri}: {why}. Train it again with what "
            "Pipfile.lock has (docs/training.md has a cell to run), and set the RUN_ID of that or "
            f"give it the alias {settings.model_alias}; or add what is missing to Pipfile and run "
            f"scripts/lock. Then {commands(settings).deploy}. The function is left as it was."
        )


def _run_artifact_uri(registry: Registry, run: Run) -> str:
    """MLflow 3 keeps a run's models apart from its files; before, `model` was one of those."""
    models = [registry.logged_model(model_id) for model_id in run.model_ids]
    for model in models:
        if model is not None and model.ready and model.name == LOGGED_NAME:
            return model.artifact_uri
    return f"{run.artifact_uri.rstrip('/')}/{LOGGED_NAME}"
