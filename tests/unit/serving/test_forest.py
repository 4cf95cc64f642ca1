"""The forest read from its file predicts what scikit-learn predicts, to the last bit.

scikit-learn and skops are imported by what needs them: every worker of a parallel run imports this
file, and one runs its tests.
"""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.events import FLOAT32_MAX
from serving.forest import TREE, Forest, Unlike, read_forest

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ZONES = [f"{pickup}_{dropoff}" for pickup in range(12) for dropoff in range(12)]
MILES = st.floats(0, FLOAT32_MAX, width=32) | st.floats(0, 60) | st.integers(0, 10**6)
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"PU_DO": st.sampled_from([*ZONES, "?"]), "miles": MILES}),
    max_size=30,
)


def dump(model: Any, file: Path) -> None:
    from skops import io

    io.dump(model, file)


def vectorized(model: Any, **options: Any) -> "Pipeline":
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(DictVectorizer(**options), model)


def trained(model: Any, seed: int = 0) -> "Pipeline":
    chance = np.random.default_rng(seed)
    rows = [{"PU_DO": chance.choice(ZONES), "miles": float(chance.gamma(2, 2))} for _ in range(800)]
    minutes = [4 * row["miles"] + len(row["PU_DO"]) + chance.normal() for row in rows]
    return vectorized(model).fit(rows, minutes)


def forest(**changes: Any) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(**{"n_estimators": 20, "random_state": 1, "n_jobs": 1} | changes)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple["Pipeline", Forest]:
    model = trained(forest(max_depth=12))
    dump(model, file := tmp_path_factory.mktemp("forest") / "model.skops")
    read = read_forest(file, [TREE])
    assert read is not None
    return model, read


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_every_bit_is_scikit_learns(known: tuple["Pipeline", Forest], rows: list[Any]) -> None:
    model, read = known
    assert read.predict(rows) == (model.predict(rows).tolist() if rows else [])


@pytest.mark.parametrize(
    "changes",
    [{"n_estimators": 1}, {"max_depth": 1}, {"min_samples_leaf": 800}, {"criterion": "poisson"}],
    ids=str,
)
def test_other_parameters_are_the_same_to_it(changes: dict[str, Any], tmp_path: Path) -> None:
    """One tree, a stump, trees of one leaf, other impurities."""
    model = trained(forest(**changes))
    dump(model, tmp_path / "m")
    rows = [{"PU_DO": zone, "miles": float(n % 9)} for n, zone in enumerate(ZONES)]
    read = read_forest(tmp_path / "m", [TREE])
    assert read is not None
    assert read.predict(rows) == model.predict(rows).tolist()


def test_many_rows_go_through_in_tables_of_bounded_size(
    known: tuple["Pipeline", Forest], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, read = known
    rows = [{"PU_DO": zone, "miles": 2.5} for zone in ZONES]
    monkeypatch.setattr("serving.forest.MOST_CELLS", 1000)
    assert read.predict(rows) == model.predict(rows).tolist()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e39])
def test_what_no_32_bit_float_holds_is_refused(
    known: tuple["Pipeline", Forest], value: float
) -> None:
    """As scikit-learn does."""
    with pytest.raises(ValueError, match="miles is"):
        known[1].predict([{"miles": value}])


def another_forest() -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return trained(ExtraTreesRegressor(2, random_state=0))


def a_tree() -> Any:
    return trained(tree(random_state=0))


def tree(**options: Any) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    return DecisionTreeRegressor(**options)


def no_vectorizer() -> Any:
    from sklearn.pipeline import make_pipeline

    return make_pipeline(forest()).fit([[1.0], [2.0]], [1, 2])


def two_outputs() -> Any:
    return vectorized(forest()).fit([{"a": n} for n in range(9)], [[n, n] for n in range(9)])


def other_floats() -> Any:
    model = vectorized(forest(), dtype=np.float32)
    return model.fit([{"a": n} for n in range(9)], range(9))


@pytest.mark.parametrize("make", [another_forest, a_tree, no_vectorizer, two_outputs, other_floats])
def test_any_other_model_is_left_to_skops(make: Callable[[], Any], tmp_path: Path) -> None:
    dump(make(), tmp_path / "m")
    assert read_forest(tmp_path / "m", [TREE]) is None


def test_a_type_that_is_not_declared_is_left_to_skops_to_refuse(tmp_path: Path) -> None:
    dump(trained(forest()), tmp_path / "m")
    assert read_forest(tmp_path / "m", []) is None


def test_another_protocol_of_skops_is_left_to_skops(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m", "w") as archive:
        archive.writestr("schema.json", json.dumps({"protocol": 3}))
    assert read_forest(tmp_path / "m", [TREE]) is None


@pytest.mark.parametrize(
    "change",
    [("left_child", 0), ("right_child", 99), ("left_child", -2), ("feature", 7), ("feature", -3)],
)
def test_nodes_that_would_lead_nowhere_are_refused(change: tuple[str, int]) -> None:
    """No circles, nothing outside the tree or the row."""
    fitted = tree(max_depth=1).fit([[1.0], [2.0]], [1, 2]).tree_
    nodes, values = fitted.__getstate__()["nodes"].copy(), fitted.value
    assert Forest({"a": 0}, "=", [(nodes, values)]).predict([{"a": 2.0}]) == [2.0]
    field, value = change
    nodes[field][0] = value
    with pytest.raises(Unlike):
        Forest({"a": 0}, "=", [(nodes, values)])
