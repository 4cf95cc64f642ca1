"""This machine, looked at for real: ports, locks, packages, programs."""

import fcntl
import os
import socket
import sys
from importlib import metadata
from pathlib import Path

import pytest

from devenv.doctor.machine import Machine, Program

machine = Machine()


def test_who_listens_is_found_by_port() -> None:
    """Here it's this very process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = machine.listener(port)
        assert found is not None
        assert found.pid == os.getpid()
        assert str(found) == f"{found.name}, process {os.getpid()}"
        assert machine.accepts("127.0.0.1", port)
    assert machine.listener(port) is None
    assert not machine.accepts("127.0.0.1", port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a lock")
def test_who_holds_a_lock(tmp_path: Path) -> None:
    """As `devenv up` holds it while it starts things."""
    lock = tmp_path / "lock"
    assert machine.lock_holder(lock) is None
    with lock.open("w") as file:
        assert machine.lock_holder(lock) is None
        fcntl.flock(file, fcntl.LOCK_EX)
        assert machine.lock_holder(lock) == os.getpid()


def test_packages_and_python() -> None:
    """What isn't installed is left out."""
    assert machine.installed(["boto3", "no-such-package"]).keys() == {"boto3"}
    assert machine.requires_python().startswith(">=3.13")
    assert sys.version.startswith(machine.python_version())


def test_the_version_of_the_aws_cli(tmp_path: Path) -> None:
    """As it says; the one beside this Python needs not be run."""
    path = tmp_path / "aws"
    path.write_text("#!/bin/sh\necho aws-cli/2.31.2 Python/3.13.7\n")
    path.chmod(0o755)
    assert machine.cli_version(str(path)) == "aws-cli/2.31.2 Python/3.13.7\n"
    own = f"aws-cli/{metadata.version('awscli')} devenv/"
    assert machine.cli_version(str(Path(sys.executable).with_name("aws"))) == own
    with pytest.raises(OSError, match="no-such-folder"):
        machine.cli_version("/no-such-folder/aws")


def test_the_rest_of_an_environment_that_never_ran(tmp_path: Path) -> None:
    """Nothing is left, and the disk is that of the folder above."""
    home = tmp_path / "never" / "made"
    assert machine.leftovers(home) == []
    assert machine.children(home) == {os.getpid()}
    assert machine.free_bytes(home) > 0
    assert Program("emulator", 1) != Program("emulator", 2)
