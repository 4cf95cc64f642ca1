"""Ports for the servers of tests."""

import random
import socket

BELOW_EPHEMERAL = range(20_000, 32_000)
"""Not among those that the system gives to outgoing connections: a server that is stopped and
started again would sometimes find its port taken by one."""


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    while True:
        port = random.choice(BELOW_EPHEMERAL)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
