"""What answers at an endpoint that isn't AWS: this project's emulator, or somebody else's.

Each emulator has pages of its own by which it's told; that none of them is asked for by the other
commands keeps them the same for all.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message

from devenv.pages import PLUGINS_PAGE

PATIENCE = 2.0
"""Seconds for one page."""

EXECUTORS = {"ProcessExecutor", "ContainerExecutor"}
PROVIDERS = {"kinesis:devenv", "s3:devenv"}


@dataclass(frozen=True)
class Page:
    status: int
    body: bytes
    date: str | None = None
    server: str | None = None

    def parsed(self) -> object:
        """Its JSON; None for an error's page, or for none."""
        try:
            return json.loads(self.body) if self.status == 200 else None
        except ValueError:
            return None


Get = Callable[[str], Page]


@dataclass(frozen=True)
class Endpoint:
    """What answers there."""

    what: str
    """In words, with its version where it tells."""
    is_known: bool = True
    """Whether it is AWS, or an emulator that has told so."""
    missing_plugins: tuple[str, ...] = ()
    """Of this project's emulator: what it should have loaded of ours."""


def get_page(url: str) -> Page:
    """A page, whatever its status, past any proxy. Raises `OSError` where nothing answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=PATIENCE) as reply:
            return _page(reply.status, reply.read(), reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            return _page(error.code, error.read(), error.headers)
    except ValueError as error:  # Not HTTP, or no URL.
        raise OSError(str(error)) from error


def identify(url: str, get: Get) -> Endpoint:
    """What answers at `url`. Raises `OSError` if nothing does."""
    first = get(f"{url}/_localstack/health")
    if _is_object(get(f"{url}/_ministack/health")):
        return Endpoint("ministack")
    health = first.parsed()
    if isinstance(health, dict) and "services" in health:
        stock = f"LocalStack {health.get('version', '')}".strip()
        plugins = get(f"{url}{PLUGINS_PAGE}").parsed()
        if not isinstance(plugins, list):
            return Endpoint(f"{stock} ({health.get('edition', 'its edition not told')})")
        return Endpoint(f"devenv's emulator on {stock}", missing_plugins=_missing(plugins))
    if b"moto" in get(f"{url}/moto-api/").body.lower():
        return Endpoint("moto's server")
    return Endpoint(f"a server that isn't known here ({first.server or 'nameless'})", False)


def _page(status: int, body: bytes, headers: Message) -> Page:
    return Page(status, body, headers["Date"], headers["Server"])


def _missing(plugins: list[object]) -> tuple[str, ...]:
    missing = sorted(PROVIDERS.difference(str(p) for p in plugins))
    if not EXECUTORS.intersection(str(p) for p in plugins):
        missing.append("the executor of functions")
    return tuple(missing)


def _is_object(page: Page) -> bool:
    return isinstance(page.parsed(), dict)
