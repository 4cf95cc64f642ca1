"""A stream on a file, mapped to a function of the test's own, without LocalStack."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mapped_stream import MappedStream

from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.store import Store
from devenv.emulator.mapping.checkpoints import prepare


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[MappedStream]:
    store = Store(tmp_path / "kinesis.db")
    prepare(store.database, store.stream_ids())
    found = MappedStream(store)
    found.kinesis = Kinesis(store, clock=found)
    found.call("CreateStream", StreamName="s", ShardCount=1)
    yield found
    store.close()
