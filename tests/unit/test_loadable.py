"""Models that the function can and can't load, by their MLmodel and Pipfile.lock."""

from typing import Any

import pytest

from devenv.bootstrap.loadable import unloadable

SKOPS = {"sklearn_version": "1.9.1", "serialization_format": "skops", "code": None}
PICKLED = SKOPS | {"serialization_format": "cloudpickle"}
PYFUNC = {"python_version": "3.13.5", "loader_module": "mlflow.sklearn"}


def lock(*more: str) -> dict[str, Any]:
    packages = {"scikit-learn": {"version": "==1.9.1"}, "skops": {"version": "==0.13"}}
    found = packages | {name: {"version": "==1"} for name in more}
    return {"default": found, "_meta": {"requires": {"python_version": "3.13"}}}


@pytest.mark.parametrize(
    ("flavors", "packages", "reason"),
    [
        ({"sklearn": SKOPS, "python_function": PYFUNC}, (), None),
        ({"sklearn": SKOPS, "python_function": {"python_version": "3.9.18"}}, (), None),
        (
            {"sklearn": SKOPS | {"sklearn_version": "1.2.2"}},
            (),
            "it was saved by scikit-learn 1.2.2, and the function has 1.9.1",
        ),
        (
            {"sklearn": PICKLED, "python_function": PYFUNC},
            (),
            "its flavor sklearn needs pandas, and Pipfile.lock has none",
        ),
        ({"sklearn": PICKLED, "python_function": PYFUNC}, ("pandas",), None),
        (
            {"python_function": PYFUNC},
            (),
            "its flavor python_function needs pandas, and Pipfile.lock has none",
        ),
        (
            {"xgboost": {}, "python_function": PYFUNC},
            (),
            "its flavor xgboost needs pandas and xgboost, and Pipfile.lock has none",
        ),
        ({"xgboost": {}, "python_function": PYFUNC}, ("pandas", "xgboost"), None),
        (
            {"python_function": {"python_version": "3.9.18"}},
            ("pandas",),
            "it was saved by Python 3.9, and the function has 3.13",
        ),
    ],
)
def test_what_the_function_can_load(
    flavors: dict[str, Any], packages: tuple[str, ...], reason: str | None
) -> None:
    """skops's files are the same for any Python; what is pickled isn't."""
    assert unloadable(flavors, lock(*packages)) == reason
