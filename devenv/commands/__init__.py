"""One module per verb, each with its click command; listed here, not scanned for."""

import click

from devenv.commands import (
    bench,
    bootstrap,
    demo,
    doctor,
    down,
    invoke,
    logs,
    publish,
    put,
    serve,
    status,
    tail,
    teardown,
    up,
)

COMMANDS: list[click.Command] = [
    up.up,
    down.down,
    status.status,
    doctor.doctor,
    bootstrap.bootstrap,
    put.put,
    tail.tail,
    invoke.invoke,
    logs.logs,
    demo.demo,
    bench.bench,
    serve.serve_command,
    publish.publish,
    teardown.teardown,
]
