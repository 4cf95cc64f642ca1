"""What functions find installed: made once from the locks, apart from the tooling's packages.

- the image's interpreter: `Pipfile.lock` and nothing else, so that a package missing there is
  missing here as it would be on AWS;
- the zip interpreter: boto3 alone, as AWS's managed Python runtimes have it;
- the runtime folder (AWS: /var/runtime): awslambdaric, the runtime interface client, put on the
  path of both.

They lie under `.venv-function/KEY`, where KEY is a digest of all that goes in; an old key's folder
may still be in use by another environment, so it's left alone. `.venv-function/of-lock/DIGEST`
leads to the packages of a Pipfile.lock with that SHA-256: by it a running emulator finds those of a
lock that has changed since it was started.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devenv.errors import DevenvError, NotFound
from devenv.stack.lock import locked

RUNTIME_PACKAGES = ("awslambdaric",)
ZIP_PACKAGES = ("boto3",)
OF_LOCK = "of-lock"


@dataclass(frozen=True)
class FunctionPackages:
    """Where they are; `ensure` makes them."""

    folder: Path

    @property
    def image_python(self) -> Path:
        return self.folder / "image" / "bin" / "python"

    @property
    def of_locks(self) -> Path:
        """Of each Pipfile.lock that packages were ever made for, a link called by its SHA-256."""
        return self.folder.parent / OF_LOCK

    @property
    def zip_python(self) -> Path:
        return self.folder / "zip" / "bin" / "python"

    @property
    def runtime_folder(self) -> Path:
        return self.folder / "runtime"


def ensure(root: Path, say: Callable[[str], None]) -> FunctionPackages:
    """Make what's missing for `root`'s locks. Raises `DevenvError` with uv's own words."""
    locks = [root / "Pipfile.lock", root / "requirements.lock"]
    for lock in locks:
        if not lock.is_file():
            raise NotFound(f"{lock} is missing: run devenv in a checkout of the project.")
    digest = hashlib.sha256(sys.version.encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    base = root / ".venv-function"
    packages = FunctionPackages(base / digest.hexdigest()[:12])
    link = packages.of_locks / hashlib.sha256(locks[0].read_bytes()).hexdigest()
    if packages.folder.is_dir() and _leads_to(link, packages.folder):
        return packages
    with locked(base / "lock", lambda: say("Another devenv is installing packages: waiting …")):
        if not packages.folder.is_dir():
            say("Installing what the function runs on from Pipfile.lock …")
            _build(packages, *locks)
        if not _leads_to(link, packages.folder):
            link.parent.mkdir(exist_ok=True)
            partial = link.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            partial.symlink_to(Path("..") / packages.folder.name)
            partial.replace(link)
    return packages


def pipfile_requirements(lock: Path, *, hashes: bool = True) -> str:
    """`Pipfile.lock`'s default packages as requirements, with hashes so that nothing else is
    installed, or without, so that others can be installed beside them."""
    lines = []
    for name, entry in json.loads(lock.read_text())["default"].items():
        marker = f" ; {entry['markers']}" if "markers" in entry else ""
        digests = entry["hashes"] if hashes else []
        checks = "".join(f" --hash={value}" for value in digests)
        extras = f"[{','.join(entry['extras'])}]" if "extras" in entry else ""
        lines.append(f"{name}{extras}{entry['version']}{marker}{checks}")
    return "\n".join(lines) + "\n"


def _leads_to(link: Path, folder: Path) -> bool:
    return link.is_symlink() and link.resolve() == folder.resolve()


def _build(packages: FunctionPackages, pipfile_lock: Path, tooling_lock: Path) -> None:
    """Fill the folder of one key; a build that was cut short is begun again."""
    partial = packages.folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    at = FunctionPackages(partial)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(pipfile_requirements(pipfile_lock))
        requirements.flush()
        for name in ("image", "zip"):
            uv_run("venv", "--python", sys.executable, str(partial / name))
        image = ("--require-hashes", "--no-deps", "-r", requirements.name)
        uv_run("pip", "install", "--python", str(at.image_python), *image)
    constrained = ("--constraint", str(tooling_lock))
    uv_run("pip", "install", "--python", str(at.zip_python), *constrained, *ZIP_PACKAGES)
    target = ("--target", str(at.runtime_folder), "--python", str(at.zip_python))
    uv_run("pip", "install", *target, *constrained, *RUNTIME_PACKAGES)
    partial.rename(packages.folder)


def uv_run(*arguments: str) -> None:
    """Run uv. Raises `DevenvError` with its last words."""
    import uv  # Not in the environment's image, where everything is installed.

    command = [uv.find_uv_bin(), "--quiet", *arguments]
    # An activated virtual environment is not where any of this goes. Compiled at once, since the
    # first function to import them all would otherwise take longer than init may.
    environ = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    environ |= {"UV_COMPILE_BYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if done.returncode != 0:
        words = " ".join(done.stderr.split())[-600:]
        raise DevenvError(f"uv {arguments[0]} failed: {words}")


if __name__ == "__main__":
    ensure(Path.cwd(), lambda line: None)
