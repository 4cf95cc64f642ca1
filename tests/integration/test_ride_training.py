"""Training for real: on the made-up month, and on a sample of real trips where it's at hand."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from devenv.errors import NotFound
from devenv.pipelines import forest, ride
from devenv.pipelines.pipeline import Features, TrainedModel

REAL = Path(__file__).parents[3] / "shared/data/tlc_trips_2019-03_sample.parquet"


@pytest.fixture(scope="module")
def trained() -> TrainedModel:
    return ride.train()


def test_the_synthetic_month_is_learnable_but_noisy(trained: TrainedModel) -> None:
    assert 3.5 < trained.evaluation.rmse < 5.5
    assert trained.evaluation.train_rows > 3.9 * trained.evaluation.validation_rows


def test_the_model_is_the_tutorials_and_predicts_on_one_core(trained: TrainedModel) -> None:
    vectorizer, estimator = (step for _, step in trained.estimator.steps)  # type: ignore[attr-defined]
    assert type(vectorizer).__name__ == "DictVectorizer"
    chosen = estimator.get_params()
    assert chosen["n_jobs"] is None
    assert {k: chosen[k] for k in forest.PARAMS} == forest.PARAMS


def test_fitting_on_all_cores_gives_the_same_model_as_on_one(trained: TrainedModel) -> None:
    from sklearn.base import clone

    earlier, later = ride.read_trips(None).split()
    alone = clone(trained.estimator).fit(ride.features(earlier), earlier.minutes)
    rows = ride.features(later)[:200]
    assert np.array_equal(alone.predict(rows), trained.estimator.predict(rows))


def test_longer_rides_take_longer(trained: TrainedModel) -> None:
    rows: list[Features] = [{"PU_DO": "74_75", "trip_distance": miles} for miles in (0.5, 2.0, 6.0)]
    assert list(np.diff(trained.estimator.predict(rows)) > 0) == [True, True]


needs_real = pytest.mark.skipif(
    not REAL.is_file(), reason=f"the sample of real trips is not at {REAL}"
)


@needs_real
def test_real_trips_reach_the_tutorials_quality() -> None:
    assert ride.train(str(REAL)).evaluation.rmse < 6.0


@needs_real
def test_trips_are_read_from_a_url() -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=REAL.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{REAL.name}"
        by_url, by_path = ride.read_trips(url), ride.read_trips(str(REAL))
        with pytest.raises(NotFound, match="answered 404"):
            ride.read_trips(url + ".none")
        server.shutdown()
    assert by_url.source == url
    assert np.array_equal(by_url.minutes, by_path.minutes)
