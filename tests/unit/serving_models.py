"""Small models in folders as mlflow 3.17 writes them (checked against the real thing)."""

from pathlib import Path
from typing import Any

SKOPS: dict[str, object] = {
    "code": None,
    "pickled_model": "model.skops",
    "serialization_format": "skops",
    "skops_trusted_types": ["sklearn.tree._tree.Tree"],
}


def save(folder: Path, model: Any, **changes: object) -> Path:
    """`model` as mlflow.sklearn saves it; `changes` are to its flavor in MLmodel."""
    import sklearn
    import yaml
    from skops.io import dump

    flavor = SKOPS | {"sklearn_version": sklearn.__version__} | changes
    pyfunc = {"loader_module": "mlflow.sklearn", "model_path": "model.skops"}
    flavors = {"python_function": pyfunc, "sklearn": flavor}
    dump(model, folder / "model.skops")
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}))
    return folder


def forest() -> Any:
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(DictVectorizer(), RandomForestRegressor(2, random_state=0, n_jobs=-1))
    return model.fit([{"PU_DO": "130_205", "trip_distance": float(n)} for n in range(9)], range(9))


def mean() -> Any:
    from sklearn.dummy import DummyRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(DictVectorizer(), DummyRegressor()).fit([{"a": 1.0}, {"a": 2.0}], [1, 3])


def save_mean(folder: Path) -> Path:
    return save(folder, mean())
