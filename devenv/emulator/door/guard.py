"""Refuses requests that a web browser makes for somebody else's page.

Two things tell such a request: a Host that isn't a name of the emulator (a page whose name was made
to resolve to this machine: DNS rebinding), and the headers by which browsers say on whose behalf
they ask (Origin, Referer, Sec-Fetch-Site). Programs send none of the latter.

Sources: https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

HOSTS_SETTING = "DEVENV_ALLOWED_HOSTS"
ORIGINS_SETTING = "DEVENV_ALLOWED_ORIGINS"

BROWSER_HEADERS = frozenset((b"origin", b"referer", b"sec-fetch-site"))
"""Headers of a request that a browser makes; in lower case."""

FETCHED_BY_OURSELVES = frozenset(("none", "same-origin"))
"""Sec-Fetch-Site: typed by a person, or asked for by a page of the same origin."""

USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Asked:
    """What the guard looks at. Header values are None where the header is missing."""

    scheme: str
    """`http` or `https`."""
    hosts: tuple[str, ...]
    """The values of all Host headers."""
    server_address: str
    """The address that the connection was made to, without a port."""
    origin: str | None = None
    referer: str | None = None
    fetch_site: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What the guard says to a request."""

    refusal: str | None = None
    """Why it is refused, and what to do about it; None if it isn't."""
    foreign_origin: str | None = None
    """The origin for which it is refused: somebody else may let it in."""


ALLOWED = Verdict()


class Guard:
    """The names and origins that one server answers to.

    `own_names` are the server's names, with all names below them; `allowed_hosts` are added to
    them. `allowed_origins` are the web pages' origins ("http://localhost:3000") that may ask.
    """

    def __init__(
        self,
        own_names: Iterable[str] = (),
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
    ) -> None:
        names = ("localhost", *own_names, *allowed_hosts)
        self._names = frozenset(n.lower().removeprefix("*").removeprefix(".") for n in names)
        self._origins = frozenset(filter(None, map(normalized_origin, allowed_origins)))
        self.knows_host: Callable[[str], bool] = lru_cache(1024)(self._knows_host)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], own_name: str) -> "Guard":
        """The guard of the emulator called `own_name`, with what the two settings add."""
        return cls(
            [own_name],
            _listed(environ.get(HOSTS_SETTING, "")),
            _listed(environ.get(ORIGINS_SETTING, "")),
        )

    def judge(self, asked: Asked) -> Verdict:
        """Whether to answer the request. Any origin that isn't the server's own is foreign."""
        host = asked.hosts[0] if len(asked.hosts) == 1 else ""
        if not self.knows_host(host) and host_name(host) != asked.server_address:
            return Verdict(_wrong_host(asked.hosts))
        claimed = asked.origin if asked.origin is not None else asked.referer
        if claimed is not None:
            origin = normalized_origin(claimed)
            if origin in self._origins:
                return ALLOWED
            if origin is None or origin != normalized_origin(f"{asked.scheme}://{host}"):
                return Verdict(_foreign(claimed), claimed)
        if asked.fetch_site is not None and asked.fetch_site.lower() not in FETCHED_BY_OURSELVES:
            return Verdict(_foreign(None), claimed)
        return ALLOWED

    def _knows_host(self, host: str) -> bool:
        name = host_name(host)
        if not name:
            return False
        if is_loopback_address(name) or name in self._names:
            return True
        return any(name.endswith(f".{known}") for known in self._names)


def host_name(host: str) -> str:
    """The name in a Host header, in lower case, without port, brackets and last dot; "" if the
    header is malformed."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        valid = parts.port is None or parts.port >= 0  # Reading it raises ValueError.
    except ValueError:
        return ""
    if not valid or parts.username is not None or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").removesuffix(".")


def is_loopback_address(name: str) -> bool:
    """Whether `name` is an address such as 127.0.0.1 or ::1."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def normalized_origin(url: str) -> str | None:
    """Scheme, host and port of a URL ("http://localhost:80"); None for anything else ("null")."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or USUAL_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname or port is None:
        return None
    return f"{parts.scheme}://{parts.hostname.removesuffix('.')}:{port}"


def _listed(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


def _wrong_host(hosts: tuple[str, ...]) -> str:
    if len(hosts) != 1:
        return f"The request has {len(hosts)} Host headers; send one."
    return (
        f"Host {hosts[0][:100]} is not a name of this emulator: use the endpoint's own address, "
        f"or add the name to {HOSTS_SETTING} and start the emulator again."
    )


def _foreign(origin: str | None) -> str:
    page = "another site" if origin is None else origin[:100]
    return (
        f"A web page of {page} may not use this emulator: to let it, add its origin to "
        f"{ORIGINS_SETTING} and start the emulator again."
    )
