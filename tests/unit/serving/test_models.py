"""Which model is loaded, by what, and what is refused."""

import io
import json
import zipfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from serving_models import forest, mean, save

from serving.events import Features
from serving.forest import Forest
from serving.models import ModelError, find_run, load_model, model_uri
from serving.s3_files import S3Folder, Unavailable

ROW: Features = {"PU_DO": "130_205", "trip_distance": 3.66}


@pytest.mark.parametrize("form", [str, Path.as_uri])
def test_a_forest_is_read_without_scikit_learn(tmp_path: Path, form: Any) -> None:
    model = load_model(form(save(tmp_path, trained := forest())))
    assert isinstance(model, Forest)
    assert model.predict([ROW]) == trained.predict([ROW]).tolist()


def test_another_model_is_loaded_by_skops_and_made_single_threaded(tmp_path: Path) -> None:
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.pipeline import make_pipeline

    other = make_pipeline(forest()[0], ExtraTreesRegressor(2, random_state=0, n_jobs=-1))
    other.fit([ROW, {"PU_DO": "1_2", "trip_distance": 9.0}], [1, 2])
    model: Any = load_model(str(save(tmp_path, other)))
    assert model[1].n_jobs == 1
    assert list(model.predict([ROW])) == [1.0]
    simple: Any = load_model(str(save(tmp_path, mean(), skops_trusted_types=None)))
    assert list(simple.predict([ROW])) == [2.0]


@pytest.mark.parametrize("make", [forest, mean])
def test_another_scikit_learn_is_refused_with_both_versions(tmp_path: Path, make: Any) -> None:
    folder = save(tmp_path, make(), sklearn_version="1.2.2")
    with pytest.raises(ModelError, match=rf"1\.2\.2, this .* {version('scikit-learn')}:"):
        load_model(str(folder))


@pytest.mark.parametrize("declared", [None, ["some.other.Type"]])
def test_a_type_that_is_not_declared_is_refused_by_name(tmp_path: Path, declared: object) -> None:
    folder = save(tmp_path, forest(), skops_trusted_types=declared)
    with pytest.raises(ModelError, match=r"not declare: sklearn\.tree\._tree\.Tree\."):
        load_model(str(folder))


def test_mlflows_switch_against_loading_models_is_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(ModelError, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
        load_model(str(save(tmp_path, forest())))


@pytest.mark.parametrize("text", ["", "- 1", "flavors: 3", "{", "flavors: {sklearn: 3}"])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelError, match="there is no MLmodel in it"):
        load_model(str(tmp_path))
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(ModelError, match="does not describe an MLflow model"):
        load_model(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"no zip at all"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (save(tmp_path, mean()) / "model.skops").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.skops is not what skops writes"):
        load_model(str(tmp_path))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"pickled_model": None}, "names no file"),
        ({"pickled_model": "gone.skops"}, "there is no gone.skops in it"),
        ({"pickled_model": "."}, "there is no . in it"),
        ({"skops_trusted_types": 3}, "skops_trusted_types in its MLmodel is no list"),
        ({"skops_trusted_types": {"a": 1}}, "skops_trusted_types in its MLmodel is no list"),
    ],
)
def test_an_mlmodel_that_misleads_is_refused(
    tmp_path: Path, entries: dict[str, Any], words: str
) -> None:
    """By what is wrong in it."""
    with pytest.raises(ModelError, match=words):
        load_model(str(save(tmp_path, mean(), **entries)))


def rewritten(file: Path, suffix: str, content: bytes) -> None:
    """Replace those files of the archive whose names end so."""
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert any(name.endswith(suffix) for name in files)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, content if name.endswith(suffix) else data)


@pytest.mark.parametrize("make", [forest, mean])
@pytest.mark.parametrize(
    "content", [b"", b"[]", b"3", b'{"protocol": 2}', b"[" * 100_000, b"\xff\xfe", b"{}"]
)
def test_a_schema_that_is_none_is_refused(tmp_path: Path, make: Any, content: bytes) -> None:
    """Whatever skops would raise for it."""
    folder = save(tmp_path, make())
    rewritten(folder / "model.skops", "schema.json", content)
    with pytest.raises(ModelError, match=r"model\.skops is not what skops writes|can't be loaded"):
        load_model(str(folder))


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array", b"\x80\x04N."])
def test_an_array_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing is unpickled."""
    folder = save(tmp_path, forest())
    rewritten(folder / "model.skops", ".npy", content)
    with pytest.raises(ModelError, match=r"model\.skops is not what skops writes|can't be loaded"):
        load_model(str(folder))


def test_packed_bytes_that_are_damaged_are_refused(tmp_path: Path) -> None:
    """The archive's list of contents is whole; zlib finds it out."""
    file = save(tmp_path, forest()) / "model.skops"
    with zipfile.ZipFile(file) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in files.items():
            archive.writestr(each, data)
        place = archive.getinfo("schema.json").header_offset + len("schema.json") + 40
    content = bytearray(file.read_bytes())
    content[place : place + 200] = b"\xff" * 200
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.skops is not what skops writes"):
        load_model(str(tmp_path))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    """skops stores other things, too."""
    with pytest.raises(ModelError, match=r"model\.skops holds a dict, which is no scikit-learn"):
        load_model(str(save(tmp_path, {"a": 1})))


@pytest.mark.parametrize(
    ("flavor", "files", "words"),
    [
        ({"loader_module": "mlflow.sklearn"}, {}, "can't be loaded"),
        ({"loader_module": "no.such.module"}, {}, "needs no"),
        (
            {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"},
            {"model.pkl": b"no pickle"},
            "can't be loaded",
        ),
        ({}, {}, "can't be loaded"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_mlflow_can_not_load_is_one_sentence(
    tmp_path: Path, flavor: dict[str, str], files: dict[str, bytes], words: str
) -> None:
    """Whatever mlflow, or the library that it calls, raises; its own words are in it."""
    (tmp_path / "MLmodel").write_text(json.dumps({"flavors": {"python_function": flavor}}))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=words) as refused:
        load_model(str(tmp_path))
    assert "\n" not in str(refused.value)


# ---- which model


def test_no_model_names_what_to_set() -> None:
    with pytest.raises(ModelError, match=r"set MODEL_URI .* or RUN_ID"):
        model_uri({})


def test_a_run_id_is_resolved_by_the_tracking_server() -> None:
    environ = {"RUN_ID": "abc", "MLFLOW_TRACKING_URI": "sqlite:///x"}
    assert model_uri(environ) == "runs:/abc/model"
    assert model_uri(environ | {"MODEL_URI": "s3://b/m"}) == "s3://b/m"


def test_an_alias_is_of_the_pipelines_model() -> None:
    """Or of the one that is named; a run, or a place, goes before it."""
    environ = {"MODEL_ALIAS": "champion", "MLFLOW_TRACKING_URI": "sqlite:///x"}
    assert model_uri(environ) == "models:/ride-duration@champion"
    assert model_uri(environ | {"PIPELINE": "bike"}) == "models:/bike-model@champion"
    assert model_uri(environ | {"MODEL_NAME": "mine"}) == "models:/mine@champion"
    assert model_uri(environ | {"RUN_ID": "abc"}) == "runs:/abc/model"
    with pytest.raises(ModelError, match="PIPELINE=trains is none of ride, bike"):
        model_uri(environ | {"PIPELINE": "trains"})
    with pytest.raises(ModelError, match="no model"):
        model_uri({"MODEL_ALIAS": "champion"})


def test_a_run_is_found_where_the_tutorials_mlflow_kept_it() -> None:
    bucket = Bucket({"2/abc/artifacts/model/MLmodel": b"", "2/abc/artifacts/model/model.pkl": b""})
    assert find_run(bucket, "b", "abc") == "s3://b/2/abc/artifacts/model"


def test_a_run_is_found_by_what_its_models_say() -> None:
    bucket = Bucket(
        {
            "models/m-1/artifacts/MLmodel": b"model_id: m-1\nrun_id: abcd\n",
            "models/m-2/artifacts/MLmodel": b"model_id: m-2\nrun_id: abc\n",
        }
    )
    assert find_run(bucket, "b", "abc") == "s3://b/models/m-2/artifacts"
    with pytest.raises(ModelError, match="run ab has no model in s3://b: set MODEL_BUCKET"):
        find_run(bucket, "b", "ab")


def test_a_bucket_that_does_not_answer_is_named() -> None:
    with pytest.raises(
        ModelError, match=r"run abc: can't look for its model in s3://none: .*NoSuch"
    ):
        find_run(Bucket({}), "none", "abc")


# ---- S3


class Bucket:
    """S3 with one bucket, `b`, over a dict of keys."""

    def __init__(self, objects: dict[str, bytes], etag: str = "e1") -> None:
        self.objects, self.etag, self.reads = objects, etag, 0

    def get_paginator(self, operation: str) -> "Bucket":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str) -> list[Any]:
        if Bucket != "b":
            raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": ""}}, "ListObjectsV2")
        moments = (datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 32))
        listed = zip(self.objects, moments, strict=False)
        return [{"Contents": [{"Key": key, "LastModified": moment} for key, moment in listed]}, {}]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no key"}}, "GetObject")
        return {"ETag": f'"{self.etag}"', "Body": Body(self, self.objects[Key])}


class Body(io.BytesIO):
    def __init__(self, bucket: Bucket, content: bytes) -> None:
        super().__init__(content)
        self.bucket = bucket

    def read(self, size: int | None = -1, /) -> bytes:
        self.bucket.reads += 1
        data = super().read(size)
        if data == b"cut short":
            raise ClientError({"Error": {"Code": "IncompleteRead", "Message": ""}}, "GetObject")
        return data


def test_an_object_is_downloaded_once_for_each_content(tmp_path: Path) -> None:
    bucket, uri = Bucket({"models/m-1/MLmodel": b"flavors: {}"}), "s3://b/models/m-1/"
    first = S3Folder(uri, bucket.get_object, tmp_path).get("MLmodel")
    assert first.read_bytes() == b"flavors: {}"
    reads = bucket.reads
    assert S3Folder(uri, bucket.get_object, tmp_path).get("MLmodel") == first
    assert bucket.reads == reads
    other = Bucket({"models/m-1/MLmodel": b"flavors: {new}"}, etag="e2")
    second = S3Folder(uri, other.get_object, tmp_path).get("MLmodel")
    assert second.read_bytes() == b"flavors: {new}"


def test_what_is_likely_needed_is_there_at_once_and_the_rest_when_asked_for(tmp_path: Path) -> None:
    names = ("MLmodel", "model.skops", "other.skops")
    bucket = Bucket({f"m/{name}": name.encode() for name in names})
    folder = S3Folder("s3://b/m", bucket.get_object, tmp_path)
    assert [folder.get(name).read_bytes() for name in names] == [name.encode() for name in names]


def test_a_download_that_is_cut_short_leaves_nothing(tmp_path: Path) -> None:
    bucket = Bucket({"m": b"cut short"})
    with pytest.raises(Unavailable, match="can't get m from it"):
        S3Folder("s3://b", bucket.get_object, tmp_path).get("m")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"s3://b/p: can't get MLmodel .*NoSuchKey"):
        S3Folder("s3://b/p", Bucket({}).get_object, tmp_path).get("MLmodel")
