"""Refuses requests to the web service that a browser makes for another site's page.

A page that somebody visits can have their browser ask any address that the browser reaches, this
service's too. Such a request is told by a Host that isn't the service's (a name that was made to
resolve to it), or by the headers in which browsers say for whom they ask.

Settings, lists separated by commas: DEVENV_ALLOWED_HOSTS, DEVENV_ALLOWED_ORIGINS.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

OWN_NAMES = ("localhost", "web")
"""With all names below them. `web` is the service's in compose.yaml."""


def listed(value: str | None) -> list[str]:
    """The parts of a setting."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]


class Guard:
    """An ASGI application in front of `app`."""

    def __init__(self, app: Any, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._app = app
        self._names = tuple(name.lower().lstrip("*.") for name in (*OWN_NAMES, *hosts))
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            server = (scope.get("server") or ("",))[0]
            refusal = self.refusal(scope.get("scheme", "http"), str(server), headers)
            if refusal is not None:
                await _refuse(scope["type"], refusal, send)
                return
        await self._app(scope, receive, send)

    def refusal(self, scheme: str, server: str, headers: Mapping[str, str]) -> str | None:
        """Why the request is refused, and what to do about it; None if it isn't.

        `server` is the address that the request came to; header names are in lower case.
        """
        host = headers.get("host", "")
        if not self._is_own(_name(host), server):
            return f"Host {host[:100]} is not a name of this service: see DEVENV_ALLOWED_HOSTS"
        origin = headers.get("origin", headers.get("referer"))
        if origin is not None:
            if _origin(origin) in self._origins:
                return None
            if _origin(origin) != f"{scheme}://{host}".lower():
                return f"Origin {origin[:100]} may not use this service: see DEVENV_ALLOWED_ORIGINS"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "Another site's page may not use this service: see DEVENV_ALLOWED_ORIGINS"
        return None

    def _is_own(self, name: str, server: str) -> bool:
        if not name or name == server:
            return bool(name)
        try:
            return ip_address(name).is_loopback
        except ValueError:
            return any(name == own or name.endswith(f".{own}") for own in self._names)


def _name(host: str) -> str:
    """The name in a Host header, without its port; "" if it's malformed."""
    try:
        parts = urlsplit(f"//{host}")
        return "" if parts.path or parts.username else (parts.hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


async def _refuse(kind: str, message: str, send: Send) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
