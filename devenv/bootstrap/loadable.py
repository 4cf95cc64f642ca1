"""Whether the function can load a model: by what its MLmodel says, and what Pipfile.lock has.

`serving.models` decides when the function starts; this says it before anything is deployed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

from devenv.aws import Aws
from devenv.bootstrap.model_in_s3 import DESCRIPTION

PYFUNC = "python_function"
PACKAGES = {"sklearn": "scikit-learn", "pytorch": "torch", "onnx": "onnxruntime"}
"""The packages of flavors that are called otherwise."""
FLAVORS_OF_THEIR_NAME = frozenset(
    ("catboost", "lightgbm", "prophet", "spacy", "statsmodels", "tensorflow", "xgboost")
)


def trouble(aws: Aws, uri: str, lock: Path) -> str | None:
    """Why the function can't load the model at `uri`; None if nothing speaks against it, or if
    `lock` isn't there. The model's files are."""
    if not lock.is_file():
        return None
    place = urlsplit(uri)
    key = f"{place.path.strip('/')}/{DESCRIPTION}"
    text = aws.s3.get_object(Bucket=place.netloc, Key=key)["Body"].read()
    flavors = yaml.safe_load(text)["flavors"]
    return unloadable({k: dict(v or {}) for k, v in flavors.items()}, json.loads(lock.read_text()))


def unloadable(flavors: Mapping[str, Mapping[str, Any]], locked: Mapping[str, Any]) -> str | None:
    """The same of an MLmodel's flavors and the content of Pipfile.lock."""
    has, sklearn = locked["default"], flavors.get("sklearn")
    if sklearn is not None:
        version = has.get("scikit-learn", {}).get("version", "none").removeprefix("==")
        if (saved_by := sklearn.get("sklearn_version")) != version:
            return f"it was saved by scikit-learn {saved_by}, and the function has {version}"
        if sklearn.get("serialization_format") == "skops" and not sklearn.get("code"):
            return None
    names = [name for name in flavors if name != PYFUNC] or [PYFUNC]
    missing = [package for package in ("pandas", *_packages(names[0])) if package not in has]
    if missing:
        needed = " and ".join(missing)
        return f"its flavor {names[0]} needs {needed}, and Pipfile.lock has none"
    python = _minor(flavors.get(PYFUNC, {}).get("python_version"))
    here = locked["_meta"]["requires"].get("python_version")
    if python is not None and python != here:
        return f"it was saved by Python {python}, and the function has {here}"
    return None


def _packages(flavor: str) -> list[str]:
    if flavor in FLAVORS_OF_THEIR_NAME:
        return [flavor]
    return [PACKAGES[flavor]] if flavor in PACKAGES else []


def _minor(version: object) -> str | None:
    """3.13 of 3.13.5."""
    return ".".join(str(version).split(".")[:2]) if version else None
