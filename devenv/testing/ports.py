"""Ports for the servers of tests."""

import atexit
import fcntl
import os
import random
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

BELOW_EPHEMERAL = range(20_000, 32_000)
"""Not among those that the system gives to outgoing connections: a server that is stopped and
started again would sometimes find its port taken by one."""

_claims = ExitStack()
"""Holds a locked file for each port that this process has been given, until it ends."""
atexit.register(_claims.close)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on, and that no other test run gets meanwhile."""
    while True:
        port = random.choice(BELOW_EPHEMERAL)
        if not _claim(port):
            continue
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def _claim(port: int) -> bool:
    """Whether this process may have the port: others may be about to listen there, too."""
    folder = Path(tempfile.gettempdir()) / f"devenv-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = (folder / str(port)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _claims.push(file)
    return True
