"""The emulator's Kinesis by itself, for tests that kill it: its store behind the server's front."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["devenv.emulator.server.kinesis_connection"])
"""Imports are done once: they take a second and a half, a server with them in place 0.1 s."""


@dataclass
class Server:
    process: multiprocessing.process.BaseProcess
    port: int

    def client(self) -> Any:
        """Tries everything once: a repeat would put what has been stored already again."""
        return boto3.client(
            "kinesis",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )


@contextmanager
def serving(path: Path) -> Iterator[Server]:
    """A server in a process of its own, ended by kill -9."""
    here, there = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_serve, args=(path, there))
    process.start()
    there.close()
    try:
        yield Server(process, here.recv())
    finally:
        process.kill()
        process.join()
        here.close()


def _serve(path: Path, port: Connection) -> None:
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol

    from devenv.emulator.kinesis.service import Kinesis
    from devenv.emulator.kinesis.store import Store
    from devenv.emulator.server.kinesis_connection import ConnectionFactory

    kinesis = Kinesis(Store(path))
    factory = ConnectionFactory(Factory.forProtocol(Protocol), lambda: kinesis, reactor.callLater)
    listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
    port.send(listening.getHost().port)
    reactor.run()
