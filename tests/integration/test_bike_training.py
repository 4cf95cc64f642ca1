"""Training on hours of bike hire: the made-up ones, and real ones where they're at hand."""

import statistics

import pytest

from devenv.pipelines import bike
from devenv.pipelines.pipeline import Features, TrainedModel

from .conftest import ROOT

REAL = ROOT.parents[0] / "shared/data/london_bike_hours.csv"


def better_than_the_mean(trained: TrainedModel, data: str | None) -> float:
    """The RMSE as a part of the one of guessing the validation period's mean."""
    quality = trained.evaluation
    truths = [hour.truth for hour in bike.sample_hours(quality.validation_rows, data=data)]
    return quality.rmse / statistics.pstdev(truths)


def test_the_made_up_hours_are_learnable_but_noisy() -> None:
    """The warmer, the more bikes; the weather alone doesn't say it all."""
    trained = bike.train()
    assert 0.5 < better_than_the_mean(trained, None) < 0.85
    mild, cold = {"t1": 20.0, "t2": 20.0}, {"t1": 2.0, "t2": -2.0}
    rows: list[Features] = [{**each, "hum": 60.0, "weather_code": 1.0} for each in (mild, cold)]
    warm, freezing = trained.estimator.predict(rows)
    assert warm > 1.3 * freezing


@pytest.mark.skipif(not REAL.is_file(), reason=f"the hours of London are not at {REAL}")
def test_real_hours_are_learnt_from() -> None:
    """RMSE 1,014 hires, of guessing the mean 1,129: the tutorial's event doesn't hold the hour."""
    trained = bike.train(str(REAL))
    assert trained.evaluation.train_rows + trained.evaluation.validation_rows == 17_414
    assert better_than_the_mean(trained, str(REAL)) < 0.95
