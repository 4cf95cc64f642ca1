"""What function URLs are called."""

from pathlib import Path

import pytest
import yaml

from devenv.emulator.functions.url_names import published_port, url_parent


@pytest.mark.parametrize(
    ("own_name", "in_containers", "parent"),
    [
        ("127.0.0.1", False, "localhost"),
        ("::1", False, "localhost"),
        ("localhost", False, "localhost"),
        ("emulator.example", False, "emulator.example"),
        ("localstack", True, "localhost"),
    ],
)
def test_function_urls_stand_below_a_name_that_resolves(
    own_name: str, in_containers: bool, parent: str
) -> None:
    assert url_parent(own_name, in_containers) == parent


def test_in_containers_their_port_is_the_one_that_is_published() -> None:
    """Compose's variable; without it, the emulator's own is as good as any."""
    assert published_port({"DEVENV_EMULATOR_PORT": "5566"}) == 5566
    assert published_port({}) is None
    assert published_port({"DEVENV_EMULATOR_PORT": ""}) is None


def test_compose_tells_the_port_that_it_publishes() -> None:
    """The same expression in both places."""
    compose = yaml.safe_load((Path(__file__).parents[3] / "compose.yaml").read_text())
    emulator = compose["services"]["localstack"]
    assert f"127.0.0.1:{emulator['environment']['DEVENV_EMULATOR_PORT']}:4566" in emulator["ports"]
