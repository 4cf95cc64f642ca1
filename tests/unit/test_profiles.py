"""The region of AWS's own files is what botocore takes from them, and what commands then say."""

import os
from pathlib import Path

import botocore.session
import pytest

from devenv.profiles import profile_region
from devenv.settings import from_process

CONFIG = "[default]\nregion = us-west-2\n[profile work]\nregion=eu-west-1\n[profile none]\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of the test's own, and no region set otherwise."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, content in (("CONFIG_FILE", CONFIG), ("SHARED_CREDENTIALS_FILE", "")):
        path = tmp_path / name
        path.write_text(content)
        monkeypatch.setenv(f"AWS_{name}", str(path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("profile", "credentials", "region"),
    [
        (None, "", "us-west-2"),
        ("work", "", "eu-west-1"),
        ("none", "", None),
        (None, "[default]\nregion = eu-north-1\n", "eu-north-1"),
        ("work", "[work]\nregion = eu-south-1\n", "eu-south-1"),
    ],
)
def test_it_is_the_one_that_botocore_takes(
    profile: str | None,
    credentials: str,
    region: str | None,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By AWS_PROFILE; a region in the file of credentials goes first, there too."""
    (files / "SHARED_CREDENTIALS_FILE").write_text(credentials)
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    assert profile_region(os.environ) == region
    assert botocore.session.Session().get_config_variable("region") == region
    assert from_process().region == region


def test_a_variable_goes_first(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert from_process().region == "sa-east-1"


@pytest.mark.parametrize("content", [b"no section\n", b"[default\n", b"\xff\xfe[default]"])
def test_files_that_can_not_be_read_have_none(content: bytes, files: Path) -> None:
    """botocore says what is wrong with them, once it is asked for a client."""
    (files / "CONFIG_FILE").write_bytes(content)
    assert profile_region(os.environ) is None
    assert profile_region({"AWS_CONFIG_FILE": str(files / "nowhere")}) is None
