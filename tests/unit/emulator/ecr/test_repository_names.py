"""Which repositories there are, by moto's own records of them."""

from collections.abc import Iterator

import pytest
from moto.ecr.models import ecr_backends

from devenv.emulator.ecr.names import has_repository

ACCOUNT, OTHER = "111122223333", "444455556666"


@pytest.fixture
def repository() -> Iterator[str]:
    """One in a region of ACCOUNT."""
    name = "of-this-test"
    backend = ecr_backends[ACCOUNT]["eu-west-1"]
    backend.create_repository(name, None, None, None, None, None, None)
    yield name
    backend.repositories.pop(name)


def test_a_repository_belongs_to_its_account(repository: str) -> None:
    """In any region of it."""
    assert has_repository(repository, ACCOUNT)
    assert not has_repository(repository, OTHER)
    assert not has_repository("another", ACCOUNT)


def test_without_an_account_anybodys_will_do(repository: str) -> None:
    """As of a registry that all accounts share."""
    assert has_repository(repository)
    assert not has_repository("another")
