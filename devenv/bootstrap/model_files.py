"""Makes a trained model into MLflow's files, and hands those to the MLflow server and S3.

`prepare` needs no server, so it can run while one starts; `publish` is what is left to do then.
Here alone the MLflow library is imported, inside the functions: it takes about 2 s. Its client
and its writer are used, and not its fluent API, which prints and keeps global state.
"""

import os
import platform
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devenv.bootstrap.registry import ModelVersion, Registry
from devenv.errors import DevenvError
from devenv.pipelines.pipeline import Pipeline, TrainedModel
from devenv.place import commands
from devenv.settings import Settings

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

DATA_TAG = "devenv.data_version"
"""On a version: which data it was trained on. Only versions of `publish` have it."""

LOGGED_NAME = "model"
"""What a run calls its model: `runs:/RUN_ID/model`, as in the tutorials."""

REQUIREMENTS = ("mlflow", "numpy", "scikit-learn", "scipy", "skops")

FULL = "No space left"
"""In the emulator's words for a full disk, which say what to do."""

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
"""MLflow's own values report to its makers, write to stdout, and keep whoever calls a dead server
waiting for minutes."""


@dataclass(frozen=True)
class PreparedModel:
    """A trained model and its files in MLflow's format, by name; the server has yet to see it."""

    trained: TrainedModel
    files: Mapping[str, bytes]


def prepare(pipeline: Pipeline, data: str | None) -> PreparedModel:
    """Train on `data` (None: the built-in data) and write the model, without any server."""
    trained = pipeline.train(data)
    with _quiet(), tempfile.TemporaryDirectory(prefix="devenv-model-") as folder:
        path = Path(folder) / "model"
        _save(trained, path)
        files = {file.name: file.read_bytes() for file in path.iterdir()}
    return PreparedModel(trained, files)


def publish(prepared: PreparedModel, settings: Settings, registry: Registry) -> ModelVersion:
    """Log a run with its model, and register that as a new version (without an alias).

    What remains of a publishing that was cut short is a run that isn't finished, and no version.
    """
    with _quiet():
        from boto3.exceptions import Boto3Error
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        client = MlflowClient(tracking_uri=registry.uri, registry_uri=registry.uri)
        try:
            experiment = _experiment(client, settings)
            run_id = client.create_run(experiment, run_name="devenv bootstrap").info.run_id
            try:
                model_id = _log(client, prepared, experiment, run_id)
            except Exception:
                with suppress(MlflowException):  # the first error is the one to tell
                    client.set_terminated(run_id, "FAILED")
                raise
            client.set_terminated(run_id, "FINISHED")
            return _register(client, prepared.trained, settings, run_id, model_id)
        except MlflowException as e:
            where = commands(settings)
            raise DevenvError(
                f"MLflow at {registry.uri} did not take the model: {_reason(e)}. "
                f"{where.logs('mlflow')} says more; {where.make} tries again."
            ) from e
        except Boto3Error as e:
            cure = (
                f"Is the experiment {settings.model_name} of MLflow at {registry.uri} kept in a "
                "bucket that exists?"
            )
            words = f"S3 did not take the model's files: {_reason(e)}."
            raise DevenvError(words if FULL in words else f"{words} {cure}") from e


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")


def _save(trained: TrainedModel, path: Path) -> None:
    """Write the model's folder.

    DictVectorizer takes rows as dicts, whereas pyfunc makes a table of whatever has a signature
    with columns. The mark that `update_signature_for_type_hint_from_example` sets makes it turn
    the table back into what the example looks like. The environment is given in full, since
    MLflow would otherwise load the model in new processes to find out.
    """
    import mlflow.sklearn
    from mlflow.models import infer_signature
    from mlflow.pyfunc import update_signature_for_type_hint_from_example

    example = [dict(row) for row in trained.example]
    signature = infer_signature(example, trained.estimator.predict(example))
    update_signature_for_type_hint_from_example(example, signature)
    pins = [f"{package}=={version(package)}" for package in REQUIREMENTS]
    mlflow.sklearn.save_model(
        trained.estimator,
        str(path),
        conda_env={
            "name": "mlflow-env",
            "channels": ["conda-forge"],
            "dependencies": [f"python={platform.python_version()}", "pip", {"pip": pins}],
        },
        signature=signature,
        input_example=example,
        serialization_format="skops",
        skops_trusted_types=list(trained.trusted_types),
    )


def _experiment(client: "MlflowClient", settings: Settings) -> str:
    """The id of the experiment that is named after the model, with its artifacts in S3."""
    found = client.get_experiment_by_name(settings.model_name)
    if found is None:
        location = f"s3://{settings.model_bucket}/"
        return str(client.create_experiment(settings.model_name, artifact_location=location))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _log(client: "MlflowClient", prepared: PreparedModel, experiment: str, run_id: str) -> str:
    """Log parameters, metrics and the model's files; return the logged model's id."""
    from mlflow.entities import LoggedModelOutput, Metric, Param

    trained = prepared.trained
    params = {key: str(value) for key, value in _params(trained).items()}
    model = client.create_logged_model(experiment, LOGGED_NAME, run_id, params=params)
    now, model_id = int(time.time() * 1000), str(model.model_id)
    rmse = Metric("rmse", trained.evaluation.rmse, now, 0, model_id=model_id, run_id=run_id)
    client.log_batch(run_id, [rmse], [Param(key, value) for key, value in params.items()])
    client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
    with tempfile.TemporaryDirectory(prefix="devenv-model-") as folder:
        _unpack(prepared, Path(folder), run_id, model_id, model.artifact_location)
        client.log_model_artifacts(model_id, folder)
    client.finalize_logged_model(model_id, "READY")
    return model_id


def _params(trained: TrainedModel) -> dict[str, str | int]:
    return {
        **trained.params,
        "data": trained.data,
        "data_version": trained.data_version,
        "train_rows": trained.evaluation.train_rows,
        "validation_rows": trained.evaluation.validation_rows,
    }


def _unpack(
    prepared: PreparedModel, folder: Path, run_id: str, model_id: str, location: str
) -> None:
    """Write the files, with what the server said of the model in its description (MLmodel)."""
    from mlflow.models import Model

    for name, content in prepared.files.items():
        (folder / name).write_bytes(content)
    description: Any = Model.load(str(folder))
    description.run_id, description.model_id = run_id, model_id
    description.model_uuid, description.artifact_path = model_id, location
    description.save(str(folder / "MLmodel"))


def _register(
    client: "MlflowClient", trained: TrainedModel, settings: Settings, run_id: str, model_id: str
) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    name = settings.model_name
    try:
        client.create_registered_model(name)
    except MlflowException as e:
        if e.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {DATA_TAG: trained.data_version}
    made = client.create_model_version(
        name, f"models:/{model_id}", run_id, tags=tags, model_id=model_id, await_creation_for=0
    )
    return ModelVersion(name, str(made.version), run_id, tags)


@contextmanager
def _quiet() -> Iterator[None]:
    """Within it MLflow says nothing and gives up early, unless the environment says otherwise.

    The variables stay set: another thread may be copying them for a child, and a copy fails
    when one of them goes. Warnings are the whole process's, so don't nest this across threads.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
