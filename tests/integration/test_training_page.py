"""docs/training.md: its cell as it stands there, and a function's view of what it made."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from devenv.aws import Aws
from devenv.bootstrap.model import DeployedModel, ensure_model
from devenv.environment import model_source
from devenv.errors import BadInput
from devenv.settings import Settings
from serving.models import ModelError, load_model

from .conftest import ROOT

PAGE = ROOT / "docs" / "training.md"
RIDE = [{"PU_DO": "130_205", "trip_distance": 3.66}]


@pytest.fixture(scope="module")
def run_id(system: Settings, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the run that the page's cell made."""
    (cell,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", cell],
        cwd=tmp_path_factory.mktemp("notebook"),
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "declaring scikit-learn's own, ['sklearn.tree._tree.Tree']" in done.stderr
    (found,) = re.findall(r"^RUN_ID=([0-9a-f]{32})$", done.stdout, re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def deployed(system: Settings, aws: Aws, run_id: str) -> DeployedModel:
    settings = replace(system, run_id=run_id)
    return ensure_model(settings, aws, lambda line: None, model_source(None))


def test_the_function_loads_the_cells_model(deployed: DeployedModel, run_id: str) -> None:
    """By the place that the bootstrap gives it."""
    assert deployed.run_id == run_id
    (minutes,) = load_model(deployed.artifact_uri).predict(list(RIDE))
    assert 5 < minutes < 60


def test_the_tutorials_path_is_told_where_the_model_is(
    system: Settings, deployed: DeployedModel
) -> None:
    """MLflow 1 and 2 had it in the run's folder."""
    path = f"s3://{system.model_bucket}/0/{deployed.run_id}/artifacts/model"
    with pytest.raises(ModelError) as error:
        load_model(path)
    assert f"this run's is at {deployed.artifact_uri}" in str(error.value)


def test_a_run_that_the_function_cannot_load_is_refused(
    system: Settings, aws: Aws, deployed: DeployedModel
) -> None:
    """Before anything is deployed; and taken again once it can."""
    bucket, _, prefix = deployed.artifact_uri.removeprefix("s3://").partition("/")
    place = {"Bucket": bucket, "Key": f"{prefix}/MLmodel"}
    whole = aws.s3.get_object(**place)["Body"].read()
    aws.s3.put_object(
        **place, Body=re.sub(rb"sklearn_version: .*", b"sklearn_version: 1.2.2", whole)
    )
    # What an image that was named has isn't known; that of this checkout has what the lock says.
    settings = replace(system, run_id=deployed.run_id, image_uri=None)
    with pytest.raises(BadInput, match=r"saved by scikit-learn 1\.2\.2, and the function has 1"):
        ensure_model(settings, aws, lambda line: None, model_source(None))
    aws.s3.put_object(**place, Body=whole)
    assert ensure_model(settings, aws, lambda line: None, model_source(None)) == deployed
