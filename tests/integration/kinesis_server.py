"""The emulator's Kinesis by itself, for tests that kill it: its store behind the server's front.

`python kinesis_server.py FILE` prints the port where it listens, once it does.
"""

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol

from devenv.emulator.kinesis.service import Kinesis
from devenv.emulator.kinesis.store import Store
from devenv.emulator.server.front import FrontFactory


def main(path: str) -> None:
    kinesis = Kinesis(Store(Path(path)))
    factory = FrontFactory(Factory.forProtocol(Protocol), lambda: kinesis)
    listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
    print(listening.getHost().port, flush=True)  # noqa: T201
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1])
