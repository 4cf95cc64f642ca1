"""The image registry beside the emulator: started with it, where Docker runs functions.

It is Debian's docker-registry, in the emulator's container. DEVENV_REGISTRY is the address by which
the Docker engine and people's `docker push` reach it ("localhost:5001": an engine speaks plain HTTP
to localhost alone). It asks for a password that belongs to the environment, and that
GetAuthorizationToken gives; so no web page can use it, whatever name it calls it by.
"""

import ctypes
import logging
import os
import secrets
import shutil
import string
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devenv.emulator.ecr.contents import RegistryContents

LOG = logging.getLogger(__name__)
VARIABLE = "DEVENV_REGISTRY"
PROGRAM = "docker-registry"
SALT_LETTERS = "./" + string.ascii_letters + string.digits
USER = "AWS"
CONFIG = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {images}}}
  delete: {{enabled: true}}
http: {{addr: "0.0.0.0:{port}"}}
auth: {{htpasswd: {{realm: devenv, path: {passwords}}}}}
"""


@dataclass(frozen=True)
class Registry:
    """One that runs."""

    address: str
    password: str
    contents: RegistryContents
    process: "subprocess.Popen[bytes]"


_running: list[Registry] = []


def running_registry() -> Registry | None:
    return _running[0] if _running else None


def start() -> None:
    """Start it, if there's an address for it."""
    address = os.environ.get(VARIABLE)
    if not address:
        return
    program = shutil.which(PROGRAM)
    if program is None:
        LOG.error("%s is set, and there is no %s: images can't be pushed.", VARIABLE, PROGRAM)
        return
    folder = Path(os.environ["DEVENV_HOME"]) / "emulator" / "registry"
    _running[:] = [launch(program, folder, address)]
    LOG.info("Images are pushed to %s", address)


def launch(program: str, folder: Path, address: str) -> Registry:
    """A registry that keeps images in `folder` and listens at the address's port."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = _password(folder / "password")
    passwords = folder / "htpasswd"
    _write(passwords, f"{USER}:{bcrypt(password)}\n")
    config = folder / "config.yml"
    port = address.rpartition(":")[2]
    _write(config, CONFIG.format(images=folder / "images", port=port, passwords=passwords))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            (program, "serve", str(config)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    return Registry(address, password, RegistryContents(folder / "images"), process)


def stop() -> None:
    for registry in _running:
        registry.process.terminate()
        registry.process.wait(10)
    _running.clear()


def _password(file: Path) -> str:
    """The environment's; made once, so that a login outlives a restart."""
    if not file.exists():
        _write(file, secrets.token_urlsafe(24))
    return file.read_text()


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def bcrypt(password: str) -> str:
    """As htpasswd -B. By the C library's crypt, which Python no longer has a module for."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    salt = "".join(secrets.choice(SALT_LETTERS) for _ in range(21)) + "."
    found: bytes | None = crypt(password.encode(), f"$2b$05${salt}".encode())
    if not found or not found.startswith(b"$2b$"):
        raise OSError("The C library's crypt makes no bcrypt hashes.")
    return found.decode()
