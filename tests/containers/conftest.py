"""What only containers can show. Left out where the tests' engine isn't Docker (the header says
which it is); `--engine docker` fails where there's none."""

from pathlib import Path

import pytest

from devenv.testing import CHOICE
from devenv.testing.engine import Engine


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.stash[CHOICE][0] is not Engine.DOCKER else None
