"""The web service refuses what a browser asks for another site's page."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

import web_service
from lambda_function import PredictionFunction
from serving.events import PIPELINES
from serving.guard import Guard

EVIL = "https://evil.example"
FRIEND = "http://localhost:3000"
RIDE = {"PULocationID": 10, "DOLocationID": 50, "trip_distance": 40}


class OneMinute:
    def predict(self, rows: list[object], /) -> list[float]:
        return [1.0] * len(rows)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DEVENV_ALLOWED_ORIGINS", FRIEND)
    monkeypatch.setenv("DEVENV_ALLOWED_HOSTS", "host.docker.internal, *.team.example")
    function = PredictionFunction(PIPELINES["ride"], "m", "7", OneMinute(), put_records=None)
    with TestClient(web_service.make_app(lambda: function), "http://127.0.0.1:9696") as made:
        yield made


@pytest.mark.parametrize("path", ["/health", "/predict", "/openapi.json", "/nothing"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:9696", "Origin": "http://evil.example:9696"},
        {"Host": "0.0.0.0:9696"},
        {"Host": "localhost.evil.example"},
        {"Host": "[::"},
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9697"},
        {"Referer": f"{EVIL}/page"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": EVIL},
    ],
)
def test_another_sites_page_is_refused(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    for answer in (
        client.get(path, headers=headers),
        client.post(path, headers=headers, json=RIDE),
    ):
        assert answer.status_code == 403
        assert "DEVENV_ALLOWED_" in answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        *({"Host": host} for host in ("localhost", "a.localhost:1", "127.0.0.9", "[::1]:9696")),
        *({"Host": host} for host in ("web:9696", "host.docker.internal", "x.team.example")),
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:9696"},
        {"Origin": FRIEND, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_programs_and_named_origins_are_answered(
    client: TestClient, headers: dict[str, str]
) -> None:
    assert client.post("/predict", headers=headers, json=RIDE).json()["duration"] == 1.0


def test_a_named_origins_page_may_read_the_answer(client: TestClient) -> None:
    asked = {
        "Origin": FRIEND,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    assert client.options("/predict", headers=asked).status_code == 200
    answer = client.post("/predict", headers={"Origin": FRIEND}, json=RIDE)
    assert answer.headers["access-control-allow-origin"] == FRIEND


def test_the_address_that_was_connected_to_is_the_services_own() -> None:
    guard = Guard(None)
    assert guard.refusal("http", "172.18.0.5", {"host": "172.18.0.5:9696"}) is None
    assert guard.refusal("http", "172.18.0.5", {"host": "172.18.0.6:9696"}) is not None
