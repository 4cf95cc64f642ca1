"""The systems that this environment can run, each as one `Pipeline`."""

from devenv.pipelines import ride
from devenv.pipelines.pipeline import Pipeline

PIPELINES: dict[str, Pipeline] = {ride.PIPELINE.name: ride.PIPELINE}
