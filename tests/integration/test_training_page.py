"""docs/training.md: what a function makes of a run's model. tests/tutorials runs its cell."""

import re
from dataclasses import replace

import pytest

from devenv.aws import Aws
from devenv.bootstrap.model import DeployedModel, ensure_model
from devenv.bootstrap.model_files import PreparedModel, publish
from devenv.bootstrap.registry import Registry
from devenv.environment import model_source
from devenv.errors import BadInput
from devenv.settings import Settings
from serving.models import ModelError, load_model

RIDE = [{"PU_DO": "130_205", "trip_distance": 3.66}]


@pytest.fixture(scope="module")
def run_id(system: Settings, prepared: PreparedModel) -> str:
    """Of a run like the one that the page's cell makes."""
    settings = replace(system, model_name="of-the-training-page")
    made = publish(prepared, settings, Registry(settings.mlflow_tracking_uri))
    assert made.run_id is not None
    return made.run_id


@pytest.fixture(scope="module")
def deployed(system: Settings, aws: Aws, run_id: str) -> DeployedModel:
    settings = replace(system, run_id=run_id)
    return ensure_model(settings, aws, lambda line: None, model_source(None))


def test_the_function_loads_a_runs_model(deployed: DeployedModel, run_id: str) -> None:
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
