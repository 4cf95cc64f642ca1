"""The names and ports of function URLs: names that curl and browsers take for this machine.

A URL's name is `ID.lambda-url.REGION.` and the emulator's own. Nothing can stand before an address
such as 127.0.0.1, and what is below `localhost` is this machine for curl and for browsers, without
being asked of a name server (RFC 6761, 6.3).
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from localstack.config import HostAndPort

from devenv.emulator.door.guard import is_loopback_address

LOCAL = "localhost"


def below_localhost(localstack_host: Callable[..., Any]) -> Callable[..., Any]:
    """Return what names new function URLs, by the name that the emulator has been given."""
    in_containers = os.environ["LAMBDA_RUNTIME_EXECUTOR"] == "devenv-container"
    name = url_parent(os.environ["DEVENV_EMULATOR_HOST"], in_containers)
    published = published_port(os.environ) if in_containers else None

    def named(**parameters: Any) -> Any:
        return HostAndPort(name, published or localstack_host(**parameters).port)

    return named


def published_port(environ: Mapping[str, str]) -> int | None:
    """The port by which this machine reaches the emulator's container, if that is told."""
    return int(environ.get("DEVENV_EMULATOR_PORT") or 0) or None


def url_parent(own_name: str, in_containers: bool) -> str:
    """The name that function URLs stand below.

    Another than a loopback one is kept, since whoever chose it may have a name server that knows
    what is below it. A container's name is known in its network alone, which has none.
    """
    return LOCAL if in_containers or is_loopback_address(own_name) else own_name
