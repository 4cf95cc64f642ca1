"""The emulator that these tests kill and start again, and what they look at in its S3."""

import os
from collections.abc import Iterator

import pytest

from .emulator import Emulator, emulator


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("s3")) as instance:
        instance.start()
        yield instance


@pytest.fixture
def bucket(running: Emulator) -> str:
    """A bucket of this test's own."""
    name = f"kept-{os.urandom(4).hex()}"
    running.s3().create_bucket(Bucket=name)
    return name
