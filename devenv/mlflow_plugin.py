"""MLflow's defaults where this project is installed: a scikit-learn model declares its own types.

MLflow saves scikit-learn models by skops, which trusts no type of a tree by itself, so that
`mlflow.sklearn.log_model(pipeline, artifact_path="model")` fails for each forest until the caller
names `sklearn.tree._tree.Tree`. Whoever saves a model made it: here scikit-learn's types in it are
declared for them, and a line of MLflow's log says which. Types of other packages still have to be
named, and whatever loads a model trusts what is declared alone.

MLflow loads this module by the entry point `mlflow.run_context_provider`.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any

LOG = logging.getLogger("mlflow.devenv")
OWN = "sklearn."
PARAMETER = "skops_trusted_types"


class Defaults:
    """A provider of runs' context, which has none: being made, it sets the defaults. MLflow asks
    nothing else of a provider than these methods; its own class is made only after this module."""

    def __init__(self) -> None:
        from mlflow.utils.import_hooks import register_post_import_hook

        register_post_import_hook(_declare_types, "mlflow.sklearn")

    def in_context(self) -> bool:
        return False

    def tags(self) -> dict[str, str]:
        return {}


def scikit_learns(model: object) -> list[str]:
    """The types of scikit-learn in `model` that skops doesn't trust by itself."""
    from skops import io  # type: ignore[import-untyped,unused-ignore]

    return sorted(t for t in io.get_untrusted_types(data=io.dumps(model)) if t.startswith(OWN))


def declaring(save: Callable[..., Any], types: Callable[[object], list[str]]) -> Callable[..., Any]:
    """`save`, MLflow's save_model, with the types declared if the caller has declared none."""

    @functools.wraps(save)
    def save_model(sk_model: Any, *arguments: Any, **options: Any) -> Any:
        by_skops = options.get("serialization_format") in (None, "skops")
        if not arguments[3:] and by_skops and options.get(PARAMETER) is None:
            try:
                found = types(sk_model)
            except Exception:  # MLflow is about to say what can't be saved.
                found = []
            if found:
                LOG.info("%s is not given: declaring scikit-learn's own, %s", PARAMETER, found)
                options[PARAMETER] = found
        return save(sk_model, *arguments, **options)

    return save_model


def _declare_types(module: Any) -> None:
    module.save_model = declaring(module.save_model, scikit_learns)
