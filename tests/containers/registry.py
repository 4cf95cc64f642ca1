"""Debian's `docker-registry`, an image registry of its own, on loopback and with a login."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

from devenv.publish.docker_engine import Login
from devenv.testing.ports import free_port
from devenv.wait import wait_for

LOGIN = Login("AWS", "123456789012-auth-token")
"""What moto's GetAuthorizationToken holds."""

HTPASSWD = "AWS:$2b$04$0Jkvly6M4Z2pkfb6cVjEC.pjOXPNkujA1WmbceRSyjTEkjPMqeuSu\n"
"""LOGIN, as the registry wants it (bcrypt)."""

CONFIG = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/images}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}
"""

ACCEPT = (
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
)


@dataclass(frozen=True)
class Registry:
    """One that runs."""

    address: str

    def get(self, path: str, method: str = "GET") -> tuple[bytes, dict[str, str]]:
        """The body and headers of a page of its API; whatever kind of manifest there is."""
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        url = f"http://{self.address}/v2/{path}"
        passwords.add_password(None, url, LOGIN.name, LOGIN.password)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(passwords)
        )
        request = urllib.request.Request(url, headers={"Accept": ACCEPT}, method=method)
        with opener.open(request, timeout=10) as response:
            return response.read(), dict(response.headers)

    def json(self, path: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.get(path)[0])
        return found


@contextmanager
def running_registry(folder: Path) -> Iterator[Registry]:
    program = shutil.which("docker-registry")
    if program is None:
        pytest.fail("docker-registry isn't here: .ci/engine installs it (it is Debian's package)")
    port = free_port()
    (folder / "htpasswd").write_text(HTPASSWD)
    (folder / "config.yml").write_text(CONFIG.format(folder=folder, port=port))
    log = folder / "registry.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            (program, "serve", str(folder / "config.yml")), stdout=file, stderr=file
        )
    registry = Registry(f"127.0.0.1:{port}")

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            registry.get("")
        except HTTPError:
            raise
        except URLError:
            return False
        return True

    try:
        wait_for(answers, timeout=30, failure=f"docker-registry does not answer at {port}")
        yield registry
    finally:
        process.terminate()
        process.wait(20)
