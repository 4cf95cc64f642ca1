"""What function URLs are called."""

import pytest

from devenv.emulator.functions.url_names import url_parent


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
