"""Saving declares scikit-learn's own types, and nobody else's."""

from typing import Any

import pytest

from devenv.mlflow_plugin import declaring

TREE = "sklearn.tree._tree.Tree"


class Saved(dict[str, Any]):
    """Takes the place of MLflow's save_model."""

    def __call__(self, sk_model: Any, path: str, **options: Any) -> None:
        self.update(options, model=sk_model, path=path)


@pytest.mark.parametrize(
    ("options", "declared"),
    [
        ({}, [TREE]),
        ({"serialization_format": "skops"}, [TREE]),
        ({"skops_trusted_types": []}, []),
        ({"skops_trusted_types": ["mine"]}, ["mine"]),
        ({"serialization_format": "cloudpickle"}, None),
    ],
)
def test_types_are_declared_where_the_caller_names_none(
    options: dict[str, Any], declared: list[str] | None
) -> None:
    saved = Saved()
    declaring(saved, lambda model: [TREE])("forest", path="p", **options)
    assert saved.get("skops_trusted_types") == declared
    assert (saved["model"], saved["path"]) == ("forest", "p")


def test_what_cannot_be_looked_at_is_left_to_mlflow() -> None:
    """Its message is the one to read."""

    def fails(model: object) -> list[str]:
        raise TypeError("no such thing")

    saved = Saved()
    declaring(saved, fails)("forest", path="p")
    assert "skops_trusted_types" not in saved
