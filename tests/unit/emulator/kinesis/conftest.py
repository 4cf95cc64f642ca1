"""A Kinesis on a file of its own, with a clock that the test moves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kinesis_api import Api, Clock, MakeApi

from devenv.emulator.kinesis.options import Options
from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.store import Store


@pytest.fixture
def make_api(tmp_path: Path) -> Iterator[MakeApi]:
    made: list[Api] = []

    def make(**options: Any) -> Api:
        clock = Clock()
        path = tmp_path / f"kinesis-{len(made)}.db"
        kinesis = Kinesis(Store(path), Options(**options), clock)
        api = Api(kinesis, clock, path)
        made.append(api)
        return api

    yield make
    for api in made:
        for store in [api.kinesis.store, *api.stores]:
            store.close()


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api()
