"""The image registry of an environment in containers: its settings, and what it holds.

compose.yaml starts it beside the emulator, on settings that the emulator writes, and both have the
folder that it keeps images in. DEVENV_REGISTRY is the address by which the Docker engine and
people's `docker push` reach it ("localhost:5001": an engine speaks plain HTTP to localhost alone).
It asks for a password that belongs to the environment, and that GetAuthorizationToken gives; so no
web page can use it, whatever name it calls it by.
"""

import ctypes
import os
import secrets
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from devenv.emulator.ecr.contents import RegistryContents
from devenv.emulator.ecr.names import has_repository
from devenv.errors import DevenvError

VARIABLE = "DEVENV_REGISTRY"
PLACE = Path("/var/lib/registry")
"""Where the registry's own container has the folder."""
PORT = 5000
SALT_LETTERS = "./" + string.ascii_letters + string.digits
USER = "AWS"
CONFIG = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {place}/images}}
http: {{addr: ":{port}"}}
auth: {{htpasswd: {{realm: devenv, path: {place}/htpasswd}}}}
"""


@dataclass(frozen=True)
class Registry:
    address: str
    password: str
    contents: RegistryContents

    def pinned(self, uri: str) -> str | None:
        """An image's address by the digest that it has now; None if it's not of this registry.

        Raises `DevenvError` if there's no such repository or image.
        """
        beginning = f"{self.address}/"
        name = unquote(uri)
        if not name.startswith(beginning):
            return None
        repository, at, digest = name.removeprefix(beginning).partition("@")
        repository, _, tag = repository.partition(":")
        if not has_repository(repository):
            raise DevenvError(
                f"ECR has no repository {repository}: aws ecr create-repository "
                f"--repository-name {repository}"
            )
        found = self.contents.digest_of(repository, digest if at else tag or "latest")
        if found is None:
            raise DevenvError(f"Repository {repository} holds no such image: docker push {uri}")
        return f"{beginning}{repository}@{found}"

    @property
    def login(self) -> dict[str, str]:
        return {"username": USER, "password": self.password}


@cache
def running_registry() -> Registry | None:
    """The registry of this environment; None if there's none."""
    address = os.environ.get(VARIABLE)
    folder = Path(os.environ["DEVENV_HOME"]) / "emulator" / "registry"
    return prepare(folder, address) if address else None


def prepare(folder: Path, address: str, place: Path = PLACE, port: int = PORT) -> Registry:
    """Write the settings of a registry that has `folder` at `place`, and listens at `port`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = _password(folder / "password")
    if not (folder / "htpasswd").exists():
        _write(folder / "htpasswd", f"{USER}:{bcrypt(password)}\n")
    _write(folder / "config.yml", CONFIG.format(place=place, port=port))
    return Registry(address, password, RegistryContents(folder / "images"))


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
