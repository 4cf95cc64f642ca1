"""A random forest after DictVectorizer, read from model.skops and evaluated by NumPy alone.

scikit-learn and skops take 2 s of CPU and 120 MB to import, and scikit-learn 10 ms to predict one
row. The file is JSON and .npy arrays, and a tree is five arrays; what is predicted is what
scikit-learn predicts, to the last bit. Any other model is left to skops (docs/decisions/0013).
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.events import FLOAT32_MAX, Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROTOCOL = 2
"""skops's, in every file of 0.10 and later."""

TREE = "sklearn.tree._tree.Tree"
"""The one type in such a file that skops doesn't trust by itself."""

MOST_CELLS = 4 * 1024 * 1024
"""Of the table that a call makes of its rows, at 4 bytes each."""


class Unlike(Exception):
    """The file holds something else than what is read here."""


class Forest:
    """All trees' nodes in one numbering. A leaf's children are itself, so that every path may be
    followed for as many steps as the longest takes."""

    def __init__(
        self,
        columns: dict[str, int],
        separator: str,
        trees: Sequence[tuple[NDArray[Any], NDArray[Any]]],
    ) -> None:
        """`trees` are scikit-learn's: nodes, and values (nodes × 1 × 1). Raises Unlike."""
        import numpy as np

        self._columns, self._separator = columns, separator
        sizes = [len(nodes) for nodes, _ in trees]
        self._roots = np.cumsum([0, *sizes[:-1]], dtype=np.intp)
        first = np.repeat(self._roots, sizes)
        nodes = np.concatenate([nodes for nodes, _ in trees])
        own = np.arange(len(nodes))
        leaf = nodes["left_child"] == -1
        left = np.where(leaf, own, nodes["left_child"] + first)
        right = np.where(leaf, own, nodes["right_child"] + first)
        self._feature = np.where(leaf, 0, nodes["feature"]).astype(np.intp)
        self._threshold = np.where(leaf, np.inf, nodes["threshold"])
        self._children = np.stack([left, right], axis=1).ravel()
        self._values = np.concatenate([values for _, values in trees])[:, 0, 0]
        last = np.repeat(np.cumsum(sizes), sizes)
        # Children come after their parent, in the same tree: so every path ends.
        inner = ~leaf & ((left <= own) | (right <= own) | (left >= last) | (right >= last))
        if inner.any() or not ((self._feature >= 0) & (self._feature < len(columns))).all():
            raise Unlike("nodes")
        self._depth = self._longest()

    def _longest(self) -> int:
        import numpy as np

        depth, level = 0, self._roots
        while True:
            below = np.unique(self._children.reshape(-1, 2)[level])
            level = below[self._children[2 * below] != below]
            depth += 1
            if not len(level):
                return depth

    def predict(self, rows: Sequence[Features], /) -> list[float]:
        most = max(1, MOST_CELLS // len(self._columns))
        starts = range(0, len(rows), most)
        return [value for start in starts for value in self._block(rows[start : start + most])]

    def _block(self, rows: Sequence[Features]) -> list[float]:
        import numpy as np

        table, width = self._table(rows), len(self._columns)
        offsets = np.arange(len(rows), dtype=np.intp)[:, np.newaxis] * width
        place = np.broadcast_to(self._roots, (len(rows), len(self._roots)))
        for _ in range(self._depth):
            value = table.take(self._feature.take(place) + offsets)
            place = self._children.take(2 * place + (value > self._threshold.take(place)))
        # One tree after the other, as scikit-learn adds them: `sum` would pair them up.
        total = np.add.accumulate(self._values.take(place), axis=1)[:, -1]
        return (total / len(self._roots)).tolist()  # type: ignore[no-any-return]

    def _table(self, rows: Sequence[Features]) -> NDArray[Any]:
        """As DictVectorizer makes it: a text is a column of its own, an unknown one is none."""
        import numpy as np

        cells, values = [], []
        width, columns, separator = len(self._columns), self._columns, self._separator
        for start, row in zip(range(0, len(rows) * width, width), rows, strict=True):
            for name, value in row.items():
                if isinstance(value, str):
                    name, value = f"{name}{separator}{value}", 1.0
                elif not -FLOAT32_MAX <= value <= FLOAT32_MAX:
                    raise ValueError(f"{name} is {value}, not a number that fits into 32 bits")
                if (column := columns.get(name)) is not None:
                    cells.append(start + column)
                    values.append(value)
        table = np.zeros(len(rows) * width, np.float32)
        table[cells] = values
        return table


def read_forest(file: Path, trusted: Sequence[str]) -> Forest | None:
    """The forest in `file`; None if there is another model, or its type Tree isn't `trusted`."""
    if TREE not in trusted:
        return None
    with zipfile.ZipFile(file) as archive:
        schema = json.loads(archive.read("schema.json"))
        try:
            if schema["protocol"] != PROTOCOL:
                raise Unlike("protocol")
            vectorizer, forest = _steps(schema)
            columns = _columns(vectorizer)
            return Forest(columns, _json(vectorizer["separator"]), list(_trees(forest, archive)))
        except (Unlike, LookupError, TypeError, ValueError):
            return None


def _steps(pipeline: Any) -> tuple[Any, Any]:
    """The attributes of the two steps."""
    steps = _attributes(pipeline, "sklearn.pipeline.Pipeline")["steps"]["content"]
    (_, vectorizer), (_, forest) = (step["content"] for step in steps)
    return (
        _attributes(vectorizer, "sklearn.feature_extraction._dict_vectorizer.DictVectorizer"),
        _attributes(forest, "sklearn.ensemble._forest.RandomForestRegressor"),
    )


def _columns(vectorizer: Any) -> dict[str, int]:
    if _type(vectorizer["dtype"]) != "numpy.float64":
        raise Unlike("dtype")
    vocabulary = vectorizer["vocabulary_"]["content"]
    columns = {name: _json(node) for name, node in vocabulary.items()}
    if sorted(columns.values()) != list(range(len(columns))):
        raise Unlike("vocabulary")
    return columns


def _trees(forest: Any, archive: zipfile.ZipFile) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    import numpy as np

    def array(node: Any) -> NDArray[Any]:
        if node["type"] != "numpy":
            raise Unlike("array")
        stored: NDArray[Any] = np.load(io.BytesIO(archive.read(node["file"])), allow_pickle=False)
        return stored

    for estimator in forest["estimators_"]["content"]:
        fitted = _attributes(estimator, "sklearn.tree._classes.DecisionTreeRegressor")
        if _type(fitted["tree_"]) != TREE:
            raise Unlike("tree")
        state = fitted["tree_"]["content"]["content"]
        nodes, values = array(state["nodes"]), array(state["values"])
        if values.shape != (len(nodes), 1, 1) or not math.prod(values.shape):
            raise Unlike("outputs")
        yield nodes, values


def _attributes(node: Any, name: str) -> Any:
    if _type(node) != name:
        raise Unlike(name)
    return node["content"]["content"]


def _type(node: Any) -> str:
    return f"{node['__module__']}.{node['__class__']}"


def _json(node: Any) -> Any:
    return json.loads(node["content"])
