"""For the emulator's tests: execution environments whose runtimes are scripts."""

from collections.abc import Iterator

import pytest
from environment_scripts import LONG, Made, Make
from fake_runtime import FakeSandboxes, Script

from devenv.emulator.functions.environment import Environment, FunctionLimits


@pytest.fixture
def make() -> Iterator[Make]:
    """Environments of the given scripts; in the end all are stopped, and their runtimes gone."""
    made: list[Made] = []

    def start(*scripts: Script, timeout: float = LONG, init_limit: float = LONG) -> Made:
        sandboxes = FakeSandboxes(*scripts)
        limits = FunctionLimits(timeout, memory_size=512, init_limit=init_limit)
        environment = Environment(sandboxes, limits)
        made.append((environment, sandboxes))
        environment.start()
        return made[-1]

    yield start
    for environment, sandboxes in made:
        environment.stop()
        assert all(sandboxes.join())
