"""One module per verb, each with its click command; listed here, not scanned for."""

import click

from devenv.commands import (
    bench,
    bootstrap,
    demo,
    down,
    invoke,
    logs,
    publish,
    put,
    status,
    tail,
    teardown,
    up,
)

COMMANDS: list[click.Command] = [
    up.up,
    down.down,
    status.status,
    bootstrap.bootstrap,
    put.put,
    tail.tail,
    invoke.invoke,
    logs.logs,
    demo.demo,
    bench.bench,
    publish.publish,
    teardown.teardown,
]
