"""Other Pythons than the emulator's own, for zip functions that ask for them.

An interpreter that is on this machine (pyenv, uv, PATH) gets what the emulator's own zip functions
have, at the same versions: boto3 for the function, and the runtime client. Made when the first
function asks for it, beside those of the emulator's own (`devenv.stack.function_packages`).
"""

import logging
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.emulator.functions.installed import installed

LOG = logging.getLogger(__name__)
NAME = re.compile(r"(.+?)-([^-]+)\.dist-info")
RUNTIME = re.compile(r"python\d+\.\d+")
_making = threading.Lock()


@dataclass(frozen=True)
class ZipPython:
    """What a zip function of one Python version runs on."""

    python: Path
    runtime_folder: Path
    """AWS's /var/runtime."""


def prepared(runtime: str) -> ZipPython | None:
    """For another version than the emulator's own, if it has been made."""
    folder = _own_folder() / runtime
    found = ZipPython(folder / "zip" / "bin" / "python", folder / "runtime")
    return found if folder.is_dir() else None


def prepare(runtime: str) -> None:
    """Make it for the version that a runtime names, if there's such an interpreter. What goes wrong
    is logged: the function then runs on the emulator's own."""
    if not RUNTIME.fullmatch(runtime) or prepared(runtime) is not None:
        return
    interpreter = find(runtime)
    if interpreter is None:
        return
    with _making:
        if prepared(runtime) is None:
            try:
                _make(runtime, interpreter)
            except (OSError, subprocess.SubprocessError) as error:
                words = getattr(error, "stderr", None) or error
                LOG.warning("%s can't be used for functions: %s", interpreter, words)


def find(runtime: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The newest interpreter of the version on this machine."""
    return next((each for each in _candidates(runtime, environ) if os.access(each, os.X_OK)), None)


def _candidates(runtime: str, environ: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environ.get("HOME", "/nonexistent"))
    version = runtime.removeprefix("python")
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for folder, pattern in ((pyenv, f"{version}.*"), (uv, f"cpython-{version}.*")):
        for each in sorted(folder.glob(pattern), key=_patch_number, reverse=True):
            yield each / "bin" / runtime
    for name in environ.get("PATH", "").split(os.pathsep):
        # A shim is there whether or not pyenv would run what it stands for.
        if name and Path(name).name != "shims":
            yield Path(name) / runtime


def _patch_number(folder: Path) -> int:
    found = re.search(r"\d+\.\d+\.(\d+)", folder.name)
    return int(found[1]) if found else -1


def _make(runtime: str, interpreter: Path) -> None:
    target, own = _own_folder() / runtime, _own_folder()
    LOG.info("Installing what functions for %s run on, with %s", runtime, interpreter)
    with tempfile.TemporaryDirectory(dir=own.parent) as unfinished:
        partial = Path(unfinished) / runtime
        python = partial / "zip" / "bin" / "python"
        _uv("venv", "--python", str(interpreter), str(partial / "zip"))
        (packages,) = (own / "zip" / "lib").glob("python3*/site-packages")
        _uv("pip", "install", "--no-deps", "--python", str(python), *_pins(packages))
        place = ("--target", str(partial / "runtime"), "--python", str(python))
        _uv("pip", "install", "--no-deps", *place, *_pins(own / "runtime"))
        partial.rename(target)


def _pins(folder: Path) -> list[str]:
    """The packages in a folder, at their versions."""
    found = (NAME.fullmatch(each.name) for each in folder.glob("*.dist-info"))
    return sorted(f"{each[1]}=={each[2]}" for each in found if each)


def _own_folder() -> Path:
    return Path(installed("DEVENV_ZIP_PYTHON")).parents[2]


def _uv(*arguments: str) -> None:
    program = shutil.which("uv")
    if program is None:
        import uv

        program = uv.find_uv_bin()
    environ = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    command = (program, "--quiet", *arguments)
    subprocess.run(
        command,
        env=environ | {"UV_COMPILE_BYTECODE": "1", "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
