"""The endpoint under test, and one function there for all tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devenv.testing.engine import Engine

from .aging import Aging
from .cloud import Cloud
from .source import Source

Map = Callable[..., str]


@pytest.fixture(scope="session")
def endpoint(engine: Engine, request: pytest.FixtureRequest) -> str:
    """Where AWS's APIs answer: what the environment names, or this session's own environment.

    It is in `os.environ` while tests run. Empty for AWS itself.
    """
    if engine is Engine.ENDPOINT:
        return os.environ.get("AWS_ENDPOINT_URL", "")
    return str(request.getfixturevalue("devenv_system").endpoint_url)


@pytest.fixture(scope="session")
def session_cloud(endpoint: str) -> Iterator[Cloud]:
    cloud = Cloud(on_aws=not endpoint)
    with cloud.made:
        yield cloud


@pytest.fixture(scope="session")
def role(session_cloud: Cloud) -> str:
    return session_cloud.role()


@pytest.fixture(scope="session")
def witness(session_cloud: Cloud, role: str) -> str:
    """The function that nearly all tests share, so that it is warm; its name."""
    return session_cloud.function(role)


@pytest.fixture(scope="session")
def crew(session_cloud: Cloud, role: str) -> str:
    """The function of tests that have several invocations run at once.

    Not the witness: what a record is to do only the first time, each environment counts for itself.
    """
    return session_cloud.function(role)


@pytest.fixture(scope="session", autouse=True)
def aging(request: pytest.FixtureRequest) -> Aging | None:
    """What test_age needs to be a minute old, begun before other tests; None without test_age."""
    if not any(item.path.stem == "test_age" for item in request.session.items):
        return None
    cloud = request.getfixturevalue("session_cloud")
    return Aging.begin(cloud, cloud.function(request.getfixturevalue("role")))


@pytest.fixture(scope="module")
def module_cloud(session_cloud: Cloud, witness: str) -> Iterator[Cloud]:
    """What a module's tests share: made once, removed after the last of them."""
    with session_cloud.cleaning():
        yield session_cloud


@pytest.fixture
def cloud(session_cloud: Cloud, witness: str) -> Iterator[Cloud]:
    with session_cloud.cleaning():
        yield session_cloud


@pytest.fixture
def source(cloud: Cloud) -> Source:
    """A stream of one shard."""
    return cloud.source()


@pytest.fixture
def map_to_witness(cloud: Cloud, witness: str) -> Map:
    """Map a source to the witness; the mapping's UUID."""

    return mapper(cloud, witness)


@pytest.fixture
def map_to_crew(cloud: Cloud, crew: str) -> Map:
    """Map a source to the function of parallel tests; the mapping's UUID."""
    return mapper(cloud, crew)


def mapper(cloud: Cloud, function: str) -> Map:
    def map_it(source: Source | str, **options: Any) -> str:
        arn = source if isinstance(source, str) else source.arn
        return str(cloud.map(function, arn, **options)["UUID"])

    return map_it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has to be a minute old comes last of these tests."""
    ours = [n for n, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    for n, item in zip(ours, sorted((items[n] for n in ours), key=is_slow), strict=True):
        items[n] = item


def is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None
