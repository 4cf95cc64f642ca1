"""The systems that this environment can run, each as one `Pipeline`: docs/pipelines.md."""

from devenv.errors import BadInput
from devenv.pipelines import bike, ride
from devenv.pipelines.pipeline import Pipeline

PIPELINES: dict[str, Pipeline] = {p.name: p for p in (ride.PIPELINE, bike.PIPELINE)}

DEFAULT = ride.PIPELINE.name


def pipeline_named(name: str) -> Pipeline:
    """Raises `BadInput` listing those there are."""
    try:
        return PIPELINES[name]
    except KeyError:
        known = ", ".join(PIPELINES)
        raise BadInput(f"PIPELINE={name}: there is no such pipeline, but {known}.") from None
