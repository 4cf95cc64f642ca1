"""From a function's configuration to what is run: a folder, a command and the variables.

Four kinds: the project's image (interpreter from Pipfile.lock), a zip for a Python runtime
(interpreter with boto3 alone, as AWS's managed runtime has), a zip for a Node runtime, where there
is Node, and a zip with its own `bootstrap` (`provided.*`). Others are refused with a reason.
"""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion

from devenv.emulator.functions import lambda_paths, layers, node
from devenv.emulator.functions.images import HANDLER, python_of, snapshot_folder
from devenv.emulator.functions.installed import installed
from devenv.errors import DevenvError

HERE = f"python{platform.python_version().rpartition('.')[0]}"
NOT_FOR_FUNCTIONS = ("LOCALSTACK_", "EDGE_PORT", "AWS_LAMBDA_FUNCTION_TIMEOUT")
"""What LocalStack passes to its own init, and AWS has no equivalent of."""


@dataclass(frozen=True)
class Code:
    """What is run for one version of a function."""

    folder: Path
    """LAMBDA_TASK_ROOT, and the working folder."""
    command: tuple[str, ...]
    handler: str | None
    runtime: str | None
    """`python3.13`, or None for an image."""
    opt: Path | None = None
    """Where the layers lie that AWS has in /opt; None if there are none."""
    runs_on: str | None = None
    """The runtime that it really is, if not the one that was asked for: `nodejs20.x`."""


def locate(version: FunctionVersion) -> Code:
    """Where the code lies, without touching it. Raises `DevenvError` for what can't be run."""
    config = version.config
    if config.image is not None:
        command = config.image_config.command if config.image_config else None
        handler = command[0] if command else HANDLER
        digest = config.image.code_sha256
        return Code(snapshot_folder(digest), _python(python_of(digest), handler), handler, None)
    folder, opt = config.code.get_unzipped_code_location(), layers.folder(config.layers)
    if config.runtime.startswith("provided"):
        bootstrap = folder / "bootstrap"
        if opt is not None and not bootstrap.exists():
            bootstrap = opt / "bootstrap"
        return Code(folder, (str(bootstrap),), config.handler, config.runtime, opt)
    if config.runtime.startswith("nodejs"):
        found = node.find(config.runtime)
        if found is None:
            raise DevenvError(
                f"Runtime {config.runtime} needs Node.js {node.OLDEST} or newer where the emulator "
                "runs, and there's no such `node` on its PATH: install it and start the emulator "
                "again, or use python3.x or provided.*."
            )
        return Code(
            folder,
            found.command,
            config.handler,
            config.runtime,
            opt,
            _other(found.runtime, config),
        )
    if not config.runtime.startswith("python"):
        raise DevenvError(
            f"Runtime {config.runtime} can't be run here: use python3.x, nodejs, or provided.*."
        )
    python = Path(installed("DEVENV_ZIP_PYTHON"))
    command = _python(python, config.handler)
    return Code(folder, command, config.handler, config.runtime, opt, _other(HERE, config))


def check(code: Code) -> None:
    """Raise `DevenvError` if what `code` names isn't there."""
    if not code.folder.is_dir():
        raise DevenvError(f"The function's code is gone from {code.folder}: update its code.")
    program = Path(code.command[0])
    if not program.is_file():
        raise DevenvError(f"{program} does not exist: the function can't be started.")
    if not os.access(program, os.X_OK):
        raise DevenvError(f"{program} is not executable: chmod +x it before zipping.")


def version_notice(code: Code) -> str | None:
    """A sentence for the emulator's log where the interpreter isn't the one that the runtime
    names."""
    if code.runs_on is None:
        return None
    return f"{code.runtime} was asked for, and it runs on {code.runs_on}"


def lambda_folders(code: Code) -> dict[Path, str]:
    """Where the function's files would be on Lambda, by where they are."""
    folders = {code.folder: "/var/task"}
    if code.opt is not None:
        folders[code.opt] = "/opt"
    if code.runtime is not None and code.runtime.startswith("nodejs"):
        folders[node.BOOTSTRAP.parent] = "/var/runtime"
    if code.runtime is None or code.runtime.startswith("python"):
        folders[Path(installed("DEVENV_RUNTIME_DIR"))] = "/var/runtime"
        for library in lambda_paths.libraries(Path(code.command[0])):
            folders[library] = f"/var/lang/lib/{library.name}"
    return folders


def variables(
    code: Code, localstack: Mapping[str, Any], configured: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a function, as Lambda documents it, and nothing of the developer's.

    `localstack` is what LocalStack would give a container, `configured` the function's own
    variables, which win.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    runtime_folder = installed("DEVENV_RUNTIME_DIR")
    given = without_localstacks(localstack)
    given |= {
        "LAMBDA_TASK_ROOT": str(code.folder),
        "LAMBDA_RUNTIME_DIR": runtime_folder,
        "LANG": "en_US.UTF-8",
        "PATH": os.pathsep.join(
            [str(Path(code.command[0]).parent), "/usr/local/bin:/usr/bin:/bin"]
        ),
        "LD_LIBRARY_PATH": os.pathsep.join([str(code.folder), str(code.folder / "lib")]),
        # Ours: by this `devenv down` finds what a killed emulator left behind.
        "DEVENV_INSTANCE": os.environ.get("DEVENV_INSTANCE", ""),
    }
    if code.handler:
        given["_HANDLER"] = code.handler
    if code.runtime is None or code.runtime.startswith("python"):
        given["PYTHONPATH"] = runtime_folder
    if code.runtime is not None:
        given["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{code.runs_on or code.runtime}"
    if code.runtime is not None and code.runtime.startswith("nodejs"):
        given["NODE_PATH"] = str(code.folder / "node_modules")
    found = given | dict(configured)
    if "PYTHONPATH" in given and "PYTHONPATH" in configured:
        # Lambda finds its runtime client whatever a function sets.
        found["PYTHONPATH"] = os.pathsep.join([configured["PYTHONPATH"], given["PYTHONPATH"]])
    if code.opt is not None:
        found |= layers.variables(code.opt, code.runtime, found, configured)
    return found


def without_localstacks(variables: Mapping[str, Any]) -> dict[str, str]:
    """Those of `variables` that a function has on AWS too, as text."""
    return {k: str(v) for k, v in variables.items() if not k.startswith(NOT_FOR_FUNCTIONS)}


def _other(runtime: str, config: Any) -> str | None:
    """`runtime`, unless it's the one that was asked for."""
    return None if runtime == config.runtime else runtime


def _python(python: Path, handler: str) -> tuple[str, ...]:
    return (str(python), "-m", "awslambdaric", handler)
