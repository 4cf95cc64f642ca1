"""Which requests come from functions, where they run in containers.

An image function's arrive on a network that is functions' alone. A zip function runs in the
emulator's own container, under an account of its own: the kernel knows whose a connection is.
Embedded, functions are processes of the developer's account, and can't be told from others.
"""

from functools import cache
from typing import Any

from devenv.emulator.functions import accounts, peers
from devenv.errors import DevenvError

ROLES_ONLY = "x-devenv-roles-only"
"""The header by which `chain` knows that a request came from a function."""


def is_of_a_function(here: Any, peer: Any) -> bool:
    """Whether a connection is a function's. `here` and `peer` are its ends, as Twisted has them."""
    if not accounts.are_used():
        return False
    host, other = getattr(here, "host", None), getattr(peer, "host", None)
    if host is None or other is None:
        return False
    return host == _functions_address() or (_is_own(other) and _is_functions_process(here, peer))


def _is_own(address: str) -> bool:
    """Whether the other end is in this container, too."""
    return address.startswith("127.") or address in _own_addresses()


@cache
def _own_addresses() -> frozenset[str]:
    import psutil

    found = psutil.net_if_addrs().values()
    return frozenset(each.address for addresses in found for each in addresses)


def _is_functions_process(here: Any, peer: Any) -> bool:
    try:
        found = peers.find((peer.host, peer.port), (here.host, here.port))
    except OSError:
        return False
    return found is not None and accounts.is_one(found.uid)


@cache
def _functions_address() -> str | None:
    """The emulator's address on the functions' network; None if there's no such network."""
    from devenv.emulator.functions.container_engine import container_engine

    try:
        engine = container_engine()
    except DevenvError:  # No engine, no containers of functions.
        return None
    return engine.address if engine.has_own_network else None
