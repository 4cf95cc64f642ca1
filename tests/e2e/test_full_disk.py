"""A full disk: every command that it fails names it, and all goes on once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Shell, shell_in

RIDE = ("--pu", "130", "--do", "205", "--distance", "3.66")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Shell]:
    """A shell whose DEVENV_HOME is on a disk of 64 MB."""
    mount = ("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(tmp_path))
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk, where mounting is allowed")
    made = shell_in(tmp_path)
    try:
        yield made
    finally:
        made.devenv("down")
        subprocess.run(("umount", "-l", str(tmp_path)), check=True)


def test_a_full_disk_is_named_and_room_puts_it_right(small: Shell) -> None:
    assert small.devenv("up", "-d").code == 0
    fill = small.home / "fill"
    subprocess.run(("dd", "if=/dev/zero", f"of={fill}", "bs=1k"), capture_output=True, check=False)
    put = small.devenv("put", *RIDE)
    assert put.code == 1
    assert "failed with InternalFailure: No space left on the disk that holds " in put.err
    assert f"{small.home}/emulator/kinesis/kinesis.db" in put.err
    upload = small.run(
        "aws", "s3api", "put-object", "--bucket", "mlflow-models", "--key", "k", "--body", __file__
    )
    assert "No space left on the disk that holds " in upload.err
    assert small.devenv("down").code == 0
    up = small.devenv("up", "-d")
    assert up.code == 1
    assert f"The disk that holds {small.home} is full (" in up.err
    fill.unlink()
    assert small.devenv("up", "-d").code == 0
    assert small.devenv("put", *RIDE).code == 0
    assert small.devenv("status").code == 0
