"""The model that the environment names, loaded with as few imports as it takes.

MODEL_URI (an S3 folder, as the bootstrap resolves it, a path, or whatever MLflow resolves); or
RUN_ID: with MLFLOW_TRACKING_URI by the tracking server, without it as found in MODEL_BUCKET; or
MODEL_ALIAS with MLFLOW_TRACKING_URI: that version of MODEL_NAME, or of the pipeline's model.
"""

from __future__ import annotations

import importlib
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from serving.events import PIPELINES, Features
from serving.forest import read_forest
from serving.s3_files import Missing, S3Folder, Unavailable


class ModelError(RuntimeError):
    """The model can't be loaded as things are set up; says what to change."""


class Predictor(Protocol):
    def predict(self, rows: list[Features], /) -> Iterable[float]: ...


def model_uri(environ: Mapping[str, str]) -> str:
    if uri := environ.get("MODEL_URI"):
        return uri
    run_id, server = environ.get("RUN_ID"), environ.get("MLFLOW_TRACKING_URI")
    if run_id and server:
        return f"runs:/{run_id}/model"
    if run_id:
        import boto3

        return find_run(boto3.client("s3"), environ.get("MODEL_BUCKET") or "mlflow-models", run_id)
    if (alias := environ.get("MODEL_ALIAS")) and server:
        return f"models:/{environ.get('MODEL_NAME') or _usual_name(environ)}@{alias}"
    raise ModelError(
        "no model: set MODEL_URI to the S3 folder of an MLflow model (s3://bucket/prefix), or"
        " RUN_ID, and MLFLOW_TRACKING_URI or MODEL_BUCKET to find the run's model by"
    )


def _usual_name(environ: Mapping[str, str]) -> str:
    """What the pipeline's model is called."""
    name = environ.get("PIPELINE") or "ride"
    if name not in PIPELINES:
        raise ModelError(f"PIPELINE={name} is none of {', '.join(PIPELINES)}")
    return PIPELINES[name].model


def find_run(s3: Any, bucket: str, run_id: str) -> str:
    """Where the model of a run is, without a tracking server. Raises ModelError.

    Until version 3, MLflow kept it in the run's folder, as the tutorials have it; since then apart,
    and its MLmodel names the run.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        listed = [item for page in pages for item in page.get("Contents", [])]
        found = [item for item in listed if item["Key"].rpartition("/")[2] == "MLmodel"]
        for item in found:
            if item["Key"].endswith(f"{run_id}/artifacts/model/MLmodel"):
                return _folder(bucket, item["Key"])
        run = re.compile(rf"^run_id: ['\"]?{re.escape(run_id)}['\"]?$", re.MULTILINE)
        for item in sorted(found, key=lambda item: item["LastModified"], reverse=True):
            text = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
            if run.search(text):
                return _folder(bucket, item["Key"])
    except (BotoCoreError, ClientError) as e:
        raise ModelError(f"run {run_id}: can't look for its model in s3://{bucket}: {e}") from e
    raise ModelError(
        f"run {run_id} has no model in s3://{bucket}: set MODEL_BUCKET to its bucket, or MODEL_URI"
    )


def _folder(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key.rpartition('/')[0]}"


def load_model(uri: str) -> Predictor:
    """The model folder at an s3:// or file: URI, a path, or what MLflow resolves (runs:/...).

    A scikit-learn model saved by skops is loaded without importing mlflow (2 s and 180 MB less);
    any other by mlflow.pyfunc. Raises ModelError, whatever is wrong: what is in a model's files
    can make the libraries that read them raise anything.
    """
    try:
        return _loaded(uri)
    except ModelError:
        raise
    except Unavailable as e:
        raise ModelError(str(e)) from e
    except MemoryError as e:
        raise ModelError(
            f"{uri}: there is not enough memory to load it (MemoryError): give the function more"
        ) from e
    except Exception as e:
        said = " ".join(str(e).split())[:300]
        raise ModelError(
            f"{uri} can't be loaded ({type(e).__name__}: {said}): its files are damaged, or were"
            " written by other versions than this function has. Train the model again and deploy it"
        ) from e


def _loaded(uri: str) -> Predictor:
    import yaml  # type: ignore[import-untyped,unused-ignore]

    if urlsplit(uri).scheme not in ("", "file", "s3"):
        uri = _by_mlflow(uri, "artifacts", "download_artifacts", "such a URI")
    get = opener(uri)
    try:
        flavors = yaml.safe_load(get("MLmodel").read_text())["flavors"]
        sklearn = dict(flavors.get("sklearn") or {})
    except FileNotFoundError as e:
        raise ModelError(f"{uri}: there is no MLmodel in it") from e
    except Missing as e:
        raise ModelError(f"{e}{_elsewhere(uri)}") from e
    except (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError) as e:
        raise ModelError(f"{uri}: its MLmodel does not describe an MLflow model") from e
    if sklearn:
        check_version(uri, sklearn.get("sklearn_version"))
    if sklearn.get("serialization_format") == "skops" and not sklearn.get("code"):
        file = _file(uri, get, sklearn.get("pickled_model"))
        return load_skops(uri, file, _trusted(uri, sklearn))
    names = [name for name in flavors if name != "python_function"] or ["python_function"]
    return _by_mlflow(uri, "pyfunc", "load_model", f"flavor {names[0]}")  # type: ignore[no-any-return]


RUNS_FOLDER = re.compile(r"s3://(?P<bucket>[^/]+)/.*?(?P<run>[0-9a-f]{32})/artifacts/[^/]+/?")
"""Where MLflow kept a run's model until version 3, and where tutorials look for it."""


def _elsewhere(uri: str) -> str:
    """Where the model is that isn't in its run's folder, as words to add; "" if that's unknown."""
    if not (asked := RUNS_FOLDER.fullmatch(uri)):
        return ""
    import boto3

    try:
        there = find_run(boto3.client("s3"), asked["bucket"], asked["run"])
    except ModelError:
        return ""
    return f" MLflow 3 keeps models apart from runs: this run's is at {there}; name that instead."


def _file(uri: str, get: Callable[[str], Path], name: object) -> Path:
    """The model's file, which MLmodel names; it is there."""
    if not isinstance(name, str):
        raise ModelError(f"{uri}: its MLmodel names no file (pickled_model) for flavor sklearn")
    if not (file := get(name)).is_file():
        raise ModelError(f"{uri}: there is no {name} in it, which its MLmodel names")
    return file


def _trusted(uri: str, sklearn: dict[str, Any]) -> list[str]:
    types = sklearn.get("skops_trusted_types") or []
    if not (isinstance(types, list) and all(isinstance(name, str) for name in types)):
        raise ModelError(f"{uri}: skops_trusted_types in its MLmodel is no list of names")
    return types


def check_version(uri: str, saved_by: object) -> None:
    from importlib.metadata import version  # without importing scikit-learn itself: 1 s

    if saved_by != (here := version("scikit-learn")):
        raise ModelError(
            f"{uri} was saved by scikit-learn {saved_by}, this function has {here}:"
            " train the model again, or lock that version in Pipfile"
        )


def load_skops(uri: str, file: Path, trusted: list[str]) -> Predictor:
    """A model that holds only what skops trusts by itself and the types its MLmodel declares."""
    # MLflow's own switch against loading models: going around mlflow must not go around it.
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "").lower() in ("false", "0"):
        raise ModelError(f"{uri}: MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids to load it")
    try:
        if forest := read_forest(file, trusted):
            return forest
    except (zipfile.BadZipFile, zlib.error, EOFError, LookupError, TypeError, ValueError) as e:
        raise ModelError(f"{uri}: its {file.name} is not what skops writes: {e}") from e
    from skops import io  # type: ignore[import-untyped,unused-ignore]

    try:
        model = io.load(file, trusted=trusted)
    except io.exceptions.UntrustedTypesFoundException as e:
        unknown = ", ".join(sorted(set(io.get_untrusted_types(file=file)) - set(trusted)))
        raise ModelError(
            f"{uri} holds types that its MLmodel does not declare: {unknown}. If they are known"
            " and safe, save the model again with them in skops_trusted_types"
        ) from e
    if not (hasattr(model, "predict") and hasattr(model, "get_params")):
        raise ModelError(
            f"{uri}: its {file.name} holds a {type(model).__name__}, which is no scikit-learn model"
        )
    # One row gains nothing from threads and loses 12 ms to starting them.
    jobs = [name for name in model.get_params() if name.split("__")[-1] == "n_jobs"]
    return model.set_params(**dict.fromkeys(jobs, 1))  # type: ignore[no-any-return]


def _by_mlflow(uri: str, module: str, function: str, what: str) -> Any:
    try:
        return getattr(importlib.import_module(f"mlflow.{module}"), function)(uri)
    except ImportError as e:
        raise ModelError(
            f"{uri}: {what} is loaded by mlflow.{module}, which needs {e.name or e}: add it to"
            " Pipfile, run scripts/lock and deploy again"
        ) from e


def opener(uri: str) -> Callable[[str], Path]:
    """How to get a file of the model's folder, by its name there, onto this disk."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        import boto3

        return S3Folder(uri, boto3.client("s3").get_object, Path(tempfile.gettempdir())).get
    return Path(unquote(parts.path) if parts.scheme == "file" else uri).joinpath
