"""What the MLflow server knows of models, asked over its REST API.

`import mlflow` takes about 2 s and this needs a handful of requests, so they are made directly:
the routes are MLflow's documented REST API 2.0. Writing a new model is `model_files`' business.
"""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.errors import BadInput, DevenvError, Refused, Unreachable
from devenv.settings import is_loopback

TIMEOUT = 20.0
"""Seconds for one answer."""

ABSENT = {"RESOURCE_DOES_NOT_EXIST"}
NO_SUCH_ALIAS = "alias"
"""For an unknown alias MLflow answers INVALID_PARAMETER_VALUE, with this word in its message."""


@dataclass(frozen=True)
class ModelVersion:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """A run of an experiment, with the ids of the models that it logged."""

    run_id: str
    artifact_uri: str
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    model_ids: tuple[str, ...]


@dataclass(frozen=True)
class LoggedModel:
    """A model of MLflow 3, whose files have a place of their own."""

    model_id: str
    name: str
    artifact_uri: str
    ready: bool


class Registry:
    """The tracking server at `uri`.

    Raises `Unreachable` when it doesn't answer, `Refused` when it won't, `BadInput` when `uri`
    is no server's.
    """

    def __init__(
        self,
        uri: str | None,
        environ: Mapping[str, str] = os.environ,
        timeout: float = TIMEOUT,
        start: Callable[[], str] | None = None,
    ) -> None:
        """`timeout`: seconds for one answer. `start` says what starts the server, should it not
        answer."""
        if uri is None:
            raise BadInput(
                "No MLflow server: set MLFLOW_TRACKING_URI (say, http://127.0.0.1:5000)."
            )
        if urllib.parse.urlsplit(uri).scheme not in ("http", "https"):
            raise BadInput(
                f"MLFLOW_TRACKING_URI={uri} is not an MLflow server's URL such as "
                "http://127.0.0.1:5000."
            )
        self.uri = uri.rstrip("/")
        self._timeout, self._start = timeout, start
        self._authorization = _authorization(environ)

    def version_with_alias(self, name: str, alias: str) -> ModelVersion | None:
        reply = self._ask("GET", "registered-models/alias", name=name, alias=alias)
        return None if reply is None else _version(reply["model_version"])

    def newest_versions(self, name: str, limit: int) -> list[ModelVersion]:
        reply = self._ask(
            "GET",
            "model-versions/search",
            filter="name='{}'".format(name.replace("'", "")),
            order_by="version_number DESC",
            max_results=str(limit),
        )
        return [_version(v) for v in (reply or {}).get("model_versions", [])]

    def artifact_uri(self, version: ModelVersion) -> str:
        """Where the version's files are, as MLflow resolves it."""
        reply = self._ask(
            "GET", "model-versions/get-download-uri", name=version.name, version=version.version
        )
        return str((reply or {}).get("artifact_uri", ""))

    def set_alias(self, name: str, alias: str, version: str) -> None:
        self._ask("POST", "registered-models/alias", name=name, alias=alias, version=version)

    def run(self, run_id: str) -> Run | None:
        reply = self._ask("GET", "runs/get", run_id=run_id)
        return None if reply is None else _run(reply["run"])

    def logged_model(self, model_id: str) -> LoggedModel | None:
        reply = self._ask("GET", f"logged-models/{urllib.parse.quote(model_id)}")
        if reply is None:
            return None
        info = reply["model"]["info"]
        ready = info["status"] in ("LOGGED_MODEL_READY", 2)
        return LoggedModel(info["model_id"], info["name"], info["artifact_uri"], ready)

    def _ask(self, method: str, route: str, **values: str) -> dict[str, Any] | None:
        """The JSON reply; None if what is asked for isn't there."""
        url = f"{self.uri}/api/2.0/mlflow/{route}"
        body = None
        if method == "GET":
            url += "?" + urllib.parse.urlencode(values)
        else:
            body = json.dumps(values).encode()
        headers = {"Content-Type": "application/json", **self._authorization}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as reply:
                return dict(json.load(reply))
        except urllib.error.HTTPError as e:
            if (refusal := self._refusal(route, e)) is not None:
                raise refusal from e
            return None
        except (OSError, ValueError) as e:
            raise self._unreachable(e) from e

    def _refusal(self, route: str, error: urllib.error.HTTPError) -> DevenvError | None:
        """None for something that isn't there; the rest as one of our errors."""
        try:
            reply = json.loads(error.read())
            code, message = reply["error_code"], str(reply.get("message", "")).rstrip(".")
        except (OSError, ValueError, KeyError, TypeError):
            code, message = "", error.reason
        if code in ABSENT or (code == "INVALID_PARAMETER_VALUE" and NO_SUCH_ALIAS in message):
            return None
        where = f"MLflow at {self.uri} ({route})"
        if error.code in (401, 403):
            return Refused(
                f"{where} answered {error.code} {message}. Check MLFLOW_TRACKING_URI, and "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD or MLFLOW_TRACKING_TOKEN."
            )
        if code:
            return DevenvError(f"{where} failed with {code}: {message}.")
        return Unreachable(
            f"{where} answered {error.code} {message}, which MLflow doesn't. "
            "Check MLFLOW_TRACKING_URI."
        )

    def _unreachable(self, error: Exception) -> Unreachable:
        reason = getattr(error, "reason", None) or error
        words = f"MLflow at {self.uri} does not answer ({reason})"
        if self._start is None:
            return Unreachable(words)
        local = is_loopback(self.uri)
        return Unreachable(f"{words}. {self._start() if local else 'Check MLFLOW_TRACKING_URI'}.")


def _authorization(environ: Mapping[str, str]) -> dict[str, str]:
    """MLflow's own settings for its server's sign-in."""
    if name := environ.get("MLFLOW_TRACKING_USERNAME"):
        pair = f"{name}:{environ.get('MLFLOW_TRACKING_PASSWORD', '')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    if token := environ.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    return {}


def _version(v: Mapping[str, Any]) -> ModelVersion:
    return ModelVersion(v["name"], str(v["version"]), v.get("run_id") or None, _pairs(v, "tags"))


def _run(run: Mapping[str, Any]) -> Run:
    data, info = run.get("data", {}), run["info"]
    outputs = run.get("outputs", {}).get("model_outputs", [])
    metrics = {m["key"]: float(m["value"]) for m in data.get("metrics", [])}
    models = tuple(o["model_id"] for o in outputs)
    return Run(info["run_id"], info["artifact_uri"], metrics, _pairs(data, "params"), models)


def _pairs(holder: Mapping[str, Any], field: str) -> dict[str, str]:
    return {p["key"]: p.get("value", "") for p in holder.get(field, [])}
