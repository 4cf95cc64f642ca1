"""The index of AWS services: made once for the installation, copied to each environment."""

from pathlib import Path

import pytest
from localstack.aws import spec

from devenv.emulator import service_catalog

CACHE = Path("var/lib/localstack/cache")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "shared.dill"
    monkeypatch.setattr(service_catalog, "shared_file", lambda: file)
    return file


def test_the_file_is_called_what_localstack_looks_for() -> None:
    assert service_catalog.file_name() == spec._get_catalog_filename()


def test_a_new_environment_gets_a_copy(shared: Path, tmp_path: Path) -> None:
    shared.write_bytes(b"index")
    service_catalog.provide(tmp_path)
    [file] = (tmp_path / CACHE).iterdir()
    assert file.name == service_catalog.file_name()
    assert file.read_bytes() == b"index"


def test_what_an_environment_has_is_left_alone(shared: Path, tmp_path: Path) -> None:
    own = tmp_path / CACHE / service_catalog.file_name()
    own.parent.mkdir(parents=True)
    own.write_bytes(b"own")
    shared.write_bytes(b"index")
    service_catalog.provide(tmp_path)
    assert own.read_bytes() == b"own"


def test_without_an_index_localstack_makes_its_own(shared: Path, tmp_path: Path) -> None:
    service_catalog.provide(tmp_path)
    assert not (tmp_path / CACHE).exists()
