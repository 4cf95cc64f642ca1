"""`python -m devenv.emulator`: LocalStack in this process, listening where AWS_ENDPOINT_URL points.

With `--stock` it's LocalStack as it comes, but for the executor of functions: to compare with.

Everything that LocalStack is told, it is told here, through the variables that it reads. All its
files go under DEVENV_HOME, its temporary ones too: by default instances share /tmp and /var/lib.
"""

import logging
import os
import socket
import sys
import tempfile
from pathlib import Path

from devenv.emulator import database_files, service_catalog
from devenv.emulator.function_port.choice import NAME_VARIABLE, PORT_VARIABLE, REGION_VARIABLE
from devenv.emulator.kinesis import database
from devenv.emulator.mapping.history import file as history_file
from devenv.emulator.mapping.history.running import batches_kept
from devenv.emulator.s3 import records
from devenv.errors import BadInput, DevenvError
from devenv.settings import Settings, address, from_process, is_loopback

EXECUTORS = {"processes": "devenv-process", "containers": "devenv-container"}
"""What DEVENV_FUNCTIONS may be, and the plugin that it means."""

TUNABLE = {
    # LocalStack's own event source mapping, for sources other than Kinesis: how often an idle one
    # is looked at. Its default is to back off to 10 s: so long would what comes next wait.
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.2",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.5",
    "LS_LOG": "info",
}

OURS = {
    "GATEWAY_SERVER": "devenv",
    "PROVIDER_OVERRIDE_KINESIS": "devenv",
    "PROVIDER_OVERRIDE_S3": "devenv",
    "PROVIDER_OVERRIDE_ECR": "devenv",
    "PROVIDER_OVERRIDE_CLOUDFORMATION": "devenv",
    "PROVIDER_OVERRIDE_LOGS": "devenv",
}
"""What makes LocalStack take our parts in place of its own. The executor is ours always."""


def main() -> None:
    """Run LocalStack until it is told to stop by SIGTERM or SIGINT."""
    try:
        settings = from_process()
        variables = localstack_variables(settings, settings.home / "emulator")
        if "--stock" not in sys.argv:
            prepare_files(settings)
            variables |= function_port_variables(settings)
    except (DevenvError, OSError) as error:
        say(str(error))
        sys.exit(1)
    folder = settings.home / "emulator"
    os.environ.update(variables)
    for name, value in function_packages(settings).items():
        os.environ.setdefault(name, value)
    if "--stock" not in sys.argv:
        os.environ.update(OURS)
        for name, value in TUNABLE.items():
            os.environ.setdefault(name, value)
    # LocalStack's own clients speak to itself; the developer's endpoint and profile are not theirs.
    for name in [n for n in os.environ if n.startswith(("AWS_ENDPOINT_URL", "AWS_PROFILE"))]:
        del os.environ[name]
    temporary_files(folder).mkdir(parents=True, exist_ok=True)
    service_catalog.provide(folder / "filesystem")
    tempfile.tempdir = None
    os.chdir(folder)

    from localstack.runtime.main import main as run_localstack

    try:
        run_localstack()
    except SystemExit as end:
        leave(end.code)


def leave(code: object) -> None:
    """End the process, now that LocalStack has stopped. A service that was first asked for while it
    stopped has threads that nobody ends, and the interpreter would wait for them for ever. What
    was acknowledged is on disk by then."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def function_packages(settings: Settings) -> dict[str, str]:
    """Return what functions run on, where whoever started this hasn't said: the newest of what
    scripts/setup has installed in the checkout. Empty where nothing has been."""
    installed = (settings.root / ".venv-function").glob("*/runtime")
    folders = sorted((path.parent for path in installed), key=lambda path: path.stat().st_mtime)
    if not folders or executor() == EXECUTORS["containers"]:
        return {}
    return {
        "DEVENV_IMAGE_REPOSITORY": settings.image_repository,
        "DEVENV_IMAGE_ROOT": str(settings.root),
        "DEVENV_IMAGE_PACKAGES": str(folders[-1].parent / "of-lock"),
        "DEVENV_ZIP_PYTHON": str(folders[-1] / "zip" / "bin" / "python"),
        "DEVENV_RUNTIME_DIR": str(folders[-1] / "runtime"),
        "DEVENV_FUNCTION_LOG": str(settings.home / "logs" / "function.log"),
    }


def prepare_files(settings: Settings) -> None:
    """Look at the files that streams and S3 are kept in, and make those that aren't there."""
    database_files.prepare(
        settings.home / "emulator" / "kinesis" / database.FILE_NAME, database.KIND, say
    )
    if batches_kept(os.environ):
        database_files.prepare(
            settings.home / "emulator" / "kinesis" / history_file.FILE_NAME,
            history_file.FILE_KIND,
            say,
        )
    database_files.prepare(settings.s3_folder / records.FILE_NAME, records.KIND, say)


def function_port_variables(settings: Settings) -> dict[str, str]:
    """Where the function answers by itself; nowhere if another program is at that port."""
    port = settings.function_port
    host = "127.0.0.1" if is_loopback(settings.endpoint_url) else "0.0.0.0"
    if port and not is_free(host, port):
        say(
            f"Port {port} is taken, so the function does not answer there by itself: free it, or "
            f"set {PORT_VARIABLE} to another port (0: none), and start the emulator again."
        )
        port = 0
    return {
        PORT_VARIABLE: str(port),
        NAME_VARIABLE: settings.function_name,
        REGION_VARIABLE: settings.region or "us-east-1",
    }


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def say(line: str) -> None:
    """Write what `devenv up` shows of the log: lines that begin with this project's name."""
    sys.stdout.write(f"devenv: {line}\n")
    sys.stdout.flush()


def localstack_variables(settings: Settings, folder: Path) -> dict[str, str]:
    """LocalStack's settings for one instance with its files under `folder`."""
    if settings.endpoint_url is None:
        raise BadInput("AWS_ENDPOINT_URL is not set: there's nowhere for the emulator to listen.")
    host, port = address(settings.endpoint_url, "AWS_ENDPOINT_URL")
    # Any other name is this container's on its network: its published port arrives there too.
    listen = host if is_loopback(settings.endpoint_url) else "0.0.0.0"
    return {
        "DEVENV_HOME": str(settings.home),
        "DEVENV_EMULATOR_HOST": host,
        "GATEWAY_LISTEN": f"{listen}:{port}",
        "LOCALSTACK_HOST": f"{host}:{port}",
        # Queue URLs end in /ACCOUNT/NAME as on AWS; any other strategy needs names to resolve.
        "SQS_ENDPOINT_STRATEGY": "off",
        # Provisioned environments have 130 s and more for their init, which has limits of its own.
        "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "960",
        "FILESYSTEM_ROOT": str(folder / "filesystem"),
        "LOCALSTACK_VOLUME_DIR": str(folder / "volume"),
        "TMPDIR": str(temporary_files(folder)),
        "LAMBDA_RUNTIME_EXECUTOR": executor(),
        # On a machine that is itself a container LocalStack would take /var/lib for its own.
        "OVERRIDE_IN_DOCKER": "0",
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
    }


def temporary_files(folder: Path) -> Path:
    """Where functions' code lies, among others. In a container not below DEVENV_HOME, which
    functions with accounts of their own can't reach."""
    return Path("/tmp/devenv") if executor() == EXECUTORS["containers"] else folder / "tmp"


def executor() -> str:
    """The plugin that DEVENV_FUNCTIONS chooses; functions are processes unless it says so."""
    wanted = os.environ.get("DEVENV_FUNCTIONS", "processes")
    if wanted not in EXECUTORS:
        raise BadInput(f"DEVENV_FUNCTIONS={wanted} is neither of {', '.join(EXECUTORS)}.")
    return EXECUTORS[wanted]


if __name__ == "__main__":
    main()
