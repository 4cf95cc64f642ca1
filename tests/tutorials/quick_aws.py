"""`aws` without its start: a process that has imported .venv's CLI forks for each command.

The tutorials call it some 400 times, and importing it takes longer than what most commands do.
Arguments, folder, variables and the three standard streams are the caller's.
"""

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Never

CLIENT = """\
#!{python} -IS
import json, os, socket, sys
asked = [sys.argv, os.getcwd(), dict(os.environ)]
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"\\n"], [0, 1, 2])
    server.sendall(json.dumps(asked).encode() + b"\\n")
    sys.exit(int(server.recv(9) or 1))
"""


@contextmanager
def quick_aws(folder: Path) -> Iterator[Path]:
    """Start it; yields the folder in which `aws` is."""
    address, programs = str(folder / "aws.socket"), folder / "bin"
    programs.mkdir()
    client = programs / "aws"
    client.write_text(CLIENT.format(python=sys.executable, address=address))
    client.chmod(0o755)
    server = subprocess.Popen(
        (sys.executable, __file__, address), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield programs


def serve(address: str) -> None:
    """Answer commands until nobody can ask any more: standard input is closed then."""
    before = dict(os.environ)
    import botocore.session
    from awscli.clidriver import create_clidriver

    import devenv.aws_cli.__main__ as cli

    # Where awscli's data is, which importing it says by a variable.
    own = dict(os.environ.items() - before.items())
    session = create_clidriver().session
    loader = session.get_component("data_loader")
    botocore.session.create_loader = lambda search_path: loader  # What it has read, it has.
    given = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "test")
    for service in ("kinesis", "lambda", "iam", "logs"):
        session.create_client(service, region_name="us-east-1", **given)
    gc.freeze()  # A child that looked at all of it would copy it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        print("ready", flush=True)  # noqa: T201
        while select.select([listener, sys.stdin], [], [])[0] == [listener]:
            caller, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(caller, cli.run, own)
            caller.close()


def answer(caller: socket.socket, run: Callable[[], int], own: Mapping[str, str]) -> Never:
    """Run one command in this process, and tell the caller its exit code."""
    _, streams, _, _ = socket.recv_fds(caller, 1, 3)
    for stream, place in zip(streams, (0, 1, 2), strict=True):
        os.dup2(stream, place)
    with caller.makefile() as asked:
        sys.argv, folder, variables = json.loads(asked.readline())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update({**own, **variables})
    try:
        code = run()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(str(code or 0).encode())
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
