"""The bootstrap's model step against a real MLflow server and a real S3."""

import os
import time
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devenv.aws import Aws
from devenv.bootstrap.model import DeployedModel, ModelSource, ensure_model
from devenv.bootstrap.model_files import PreparedModel, publish
from devenv.bootstrap.model_in_s3 import defect
from devenv.bootstrap.registry import Registry
from devenv.errors import BadInput, DevenvError, NotFound, Unreachable
from devenv.pipelines import PIPELINES
from devenv.settings import Settings
from devenv.testing.engine import Engine
from devenv.testing.ports import free_port

BUCKET = "model-step"
RIDE = PIPELINES["ride"]


@dataclass
class Step:
    """The model step of one test, with a model name of its own and its training counted."""

    settings: Settings
    aws: Aws
    prepared: PreparedModel
    trainings: int = 0
    said: list[str] = field(default_factory=list)

    def run(self, *, trips: str | None = None, run_id: str | None = None) -> DeployedModel:
        def training() -> PreparedModel:
            self.trainings += 1
            trained = replace(self.prepared.trained, data_version=RIDE.data_version(trips))
            return replace(self.prepared, trained=trained)

        settings = replace(self.settings, run_id=run_id)
        return ensure_model(
            settings, self.aws, self.said.append, ModelSource(RIDE, trips, training)
        )

    @property
    def registry(self) -> Registry:
        return Registry(self.settings.mlflow_tracking_uri)

    def champion(self) -> str | None:
        found = self.registry.version_with_alias(self.settings.model_name, "champion")
        return found.version if found else None

    def forget(self, model: DeployedModel) -> None:
        """Delete the model's files, as an emulator does that keeps them in memory."""
        place = urlsplit(model.artifact_uri)
        page = self.aws.s3.list_objects_v2(Bucket=place.netloc, Prefix=place.path.strip("/"))
        for item in page["Contents"]:
            self.aws.s3.delete_object(Bucket=place.netloc, Key=item["Key"])


@pytest.fixture
def step(
    system: Settings, aws: Aws, prepared: PreparedModel, request: pytest.FixtureRequest
) -> Step:
    """The step for a model and in a bucket that nothing else has."""
    aws.s3.create_bucket(Bucket=BUCKET)
    name = f"{request.node.name}-{uuid.uuid4().hex[:6]}"
    settings = replace(system, model_name=name, model_bucket=BUCKET)
    return Step(settings, aws, prepared)


def test_trains_once_and_then_finds_the_model(step: Step) -> None:
    first, second = step.run(), step.run()
    assert (first.version, first.trained) == ("1", True)
    assert second == replace(first, trained=False)
    assert first.artifact_uri.startswith(f"s3://{BUCKET}/")
    assert step.trainings == 1
    assert "training on the built-in synthetic month" in step.said[0]
    assert "version 1 there" in step.said[-1]


def test_the_run_keeps_parameters_and_quality(step: Step) -> None:
    model = step.run()
    run = step.registry.run(model.run_id)
    assert run is not None
    assert run.metrics == {"rmse": pytest.approx(model.rmse)}
    assert run.params["n_estimators"] == "100"
    assert run.params["data"].startswith("synthetic month")
    assert int(run.params["train_rows"]) == step.prepared.trained.evaluation.train_rows


@pytest.mark.filterwarnings("default")
def test_the_files_load_as_skops_and_by_pyfunc_as_in_the_tutorials(
    step: Step, tmp_path: Path
) -> None:
    import mlflow.pyfunc
    import skops.io

    model, trained = step.run(), step.prepared.trained
    place = urlsplit(model.artifact_uri)
    names = ("MLmodel", "model.skops", "input_example.json", "requirements.txt")
    for name in names:
        key = f"{place.path.strip('/')}/{name}"
        body = step.aws.s3.get_object(Bucket=place.netloc, Key=key)["Body"]
        (tmp_path / name).write_bytes(body.read())
    assert model.run_id in (tmp_path / "MLmodel").read_text()
    expected = list(trained.estimator.predict(trained.example))
    trusted = list(trained.trusted_types)
    assert list(
        skops.io.load(tmp_path / "model.skops", trusted=trusted).predict(trained.example)
    ) == (expected)
    loaded = mlflow.pyfunc.load_model(model.artifact_uri)
    assert list(loaded.predict([dict(row) for row in trained.example])) == expected
    assert loaded.metadata.signature.inputs.input_names() == ["PU_DO", "trip_distance"]


def test_files_that_are_gone_mean_a_new_version(step: Step) -> None:
    first = step.run()
    step.forget(first)
    second = step.run()
    assert (second.version, second.trained, step.trainings) == ("2", True, 2)
    assert any("S3 no longer has its files" in line for line in step.said)
    assert step.champion() == "2"
    assert not step.run().trained


def test_a_file_that_was_cut_short_means_a_new_version(
    step: Step, system: Settings, engine: Engine
) -> None:
    """S3 still lists it with all its bytes; the doctor's advice, bootstrap, puts it right."""
    if engine is not Engine.EMBEDDED:
        pytest.skip("the objects' files are in a container's volume")
    first = step.run()
    place = urlsplit(first.artifact_uri)
    key = f"{place.path.strip('/')}/model.skops"
    content = step.aws.s3.get_object(Bucket=place.netloc, Key=key)["Body"].read()
    files = [f for f in (system.s3_folder / "contents").iterdir() if f.read_bytes() == content]
    for file in files:
        os.truncate(file, 1000)
    assert "model.skops is damaged" in str(defect(step.aws, first.artifact_uri))
    second = step.run()
    assert (second.version, second.trained) == ("2", True)
    assert any("model.skops is damaged" in line for line in step.said)
    assert defect(step.aws, second.artifact_uri) is None
    with pytest.raises(NotFound, match=r"model\.skops is damaged"):
        step.run(run_id=first.run_id)


def test_a_version_that_lacks_only_the_alias_gets_it(step: Step) -> None:
    publish(step.prepared, step.settings, step.registry)
    assert step.champion() is None
    model = step.run()
    assert (model.version, model.trained, step.trainings) == ("1", False, 0)
    assert step.champion() == "1"


def test_a_training_that_failed_is_done_anew(step: Step) -> None:
    bucket = f"no-such-bucket-{uuid.uuid4().hex[:6]}"
    with pytest.raises(DevenvError, match=r"S3 did not take .*NoSuchBucket"):
        publish(step.prepared, replace(step.settings, model_bucket=bucket), step.registry)
    step.aws.s3.create_bucket(Bucket=bucket)
    assert step.run().version == "1"
    assert step.trainings == 1


def test_trips_are_trained_on_once_and_kept_afterwards(step: Step, tmp_path: Path) -> None:
    step.run()
    trips = tmp_path / "trips.parquet"
    trips.write_bytes(b"stands for a month")
    mine = step.run(trips=str(trips))
    assert (mine.version, mine.trained) == ("2", True)
    assert step.run(trips=str(trips)) == step.run() == replace(mine, trained=False)
    trips.write_bytes(b"another month")
    assert step.run(trips=str(trips)).version == "3"


def test_run_id_deploys_that_run(step: Step) -> None:
    first = step.run()
    step.forget(step.run())
    second = step.run()
    assert step.run(run_id=second.run_id) == replace(second, trained=False, alias="")
    with pytest.raises(NotFound, match=f"Run {first.run_id} .* has no model in S3"):
        step.run(run_id=first.run_id)


def test_an_unknown_run_id_is_not_found(step: Step) -> None:
    with pytest.raises(NotFound, match=r"has no run 0123.*RUN_ID"):
        step.run(run_id="0123" * 8)


def test_progress_goes_through_say_alone(step: Step, capfd: pytest.CaptureFixture[str]) -> None:
    step.run()
    assert capfd.readouterr() == ("", "")


def test_a_dead_server_is_told_at_once(step: Step) -> None:
    step.settings = replace(step.settings, mlflow_tracking_uri=f"http://127.0.0.1:{free_port()}")
    begin = time.monotonic()
    with pytest.raises(
        Unreachable, match=r"does not answer .* Start it with `(devenv up -d|docker compose up -d)"
    ):
        step.run()
    assert time.monotonic() - begin < 5


def test_a_server_that_is_no_mlflow_is_told(step: Step) -> None:
    step.settings = replace(step.settings, mlflow_tracking_uri=step.settings.endpoint_url)
    with pytest.raises(DevenvError, match="MLFLOW_TRACKING_URI"):
        step.run()


@pytest.mark.parametrize("uri", [None, "sqlite:///mlflow.db"])
def test_no_server_is_bad_input(step: Step, uri: str | None) -> None:
    step.settings = replace(step.settings, mlflow_tracking_uri=uri)
    with pytest.raises(BadInput, match="MLFLOW_TRACKING_URI"):
        step.run()
