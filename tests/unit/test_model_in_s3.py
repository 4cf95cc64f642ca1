"""What S3 lacks of a model is told; a whole one passes."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fake_aws import client_error

from devenv.bootstrap.model_in_s3 import defect
from devenv.errors import BadInput

URI = "s3://models/m-1/artifacts"
MLMODEL = b"flavors: {sklearn: {pickled_model: model.skops}, python_function: {env: conda.yaml}}"


class Bucket:
    """S3 with one bucket over a dict, and the names of objects whose bytes are gone."""

    def __init__(self, objects: dict[str, bytes], *damaged: str) -> None:
        self._objects = {f"m-1/artifacts/{name}": data for name, data in objects.items()}
        self._damaged = [f"m-1/artifacts/{name}" for name in damaged]

    def get_paginator(self, operation: str) -> "Bucket":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Any:
        if Bucket != "models":
            raise client_error("NoSuchBucket")
        for key, data in self._objects.items():
            if key.startswith(Prefix):
                yield {"Contents": [{"Key": key, "Size": len(data)}]}

    def get_object(self, Bucket: str, Key: str, Range: str = "") -> dict[str, Any]:
        if Key in self._damaged:
            error = {"Code": "InternalError", "Message": f"{Key} is damaged"}
            raise ClientError({"Error": error}, "GetObject")
        assert Range or Key.endswith("MLmodel"), "a model's bytes aren't all read"
        assert self._objects[Key], "S3 refuses a range of nothing"
        return {"Body": io.BytesIO(self._objects[Key])}


def found(bucket: Bucket, uri: str = URI) -> str | None:
    aws: Any = SimpleNamespace(s3=bucket)
    return defect(aws, uri)


def test_a_whole_model_has_no_defect() -> None:
    """Empty files too; what else lies there doesn't matter."""
    assert found(Bucket({"MLmodel": MLMODEL, "model.skops": b"x", "notes": b""})) is None


@pytest.mark.parametrize(
    ("bucket", "words"),
    [
        (Bucket({}), "nothing there"),
        (Bucket({"model.skops": b"x"}), "no MLmodel there"),
        (Bucket({"MLmodel": MLMODEL}), "no model.skops there"),
        (Bucket({"MLmodel": MLMODEL[:20], "model.skops": b"x"}), "that describes no model"),
        (Bucket({"MLmodel": b"- 1", "model.skops": b"x"}), "that describes no model"),
        (
            Bucket({"MLmodel": MLMODEL, "model.skops": b"x"}, "model.skops"),
            "can't read: m-1/artifacts/model.skops is damaged",
        ),
    ],
)
def test_each_defect_is_told(bucket: Bucket, words: str) -> None:
    assert words in (found(bucket) or "")


def test_a_model_that_is_a_folder_is_there_by_its_files() -> None:
    """As MLflow's pyfunc models are."""
    mlmodel = b"flavors: {python_function: {data: data/}}"
    assert found(Bucket({"MLmodel": mlmodel, "data/weights": b"x"})) is None
    assert found(Bucket({"MLmodel": mlmodel})) == "no data there"


def test_no_bucket_is_nothing_and_another_place_is_bad_input() -> None:
    assert found(Bucket({}), "s3://none/m-1") == "nothing there"
    with pytest.raises(BadInput, match="--no-serve-artifacts"):
        found(Bucket({}), "file:///models")
