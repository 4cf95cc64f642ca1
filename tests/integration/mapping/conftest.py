"""An emulator for these tests, and what is mapped in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..s3.emulator import Emulator, emulator
from .mapped import Mapped


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("mapping")) as instance:
        instance.start()
        yield instance


@pytest.fixture
def mapped(running: Emulator, tmp_path: Path) -> Mapped:
    return Mapped(running, tmp_path)
