"""Which requests come from functions' containers: they arrive on a network that is theirs alone."""

import os
from functools import cache
from typing import Any

from devenv.errors import DevenvError

ROLES_ONLY = "x-devenv-roles-only"
"""The header by which `chain` knows that a request came from a function's container."""


def is_functions_address(address: Any) -> bool:
    """Whether a connection to this address of the emulator's comes from a function."""
    own = _functions_address()
    return own is not None and getattr(address, "host", None) == own


@cache
def _functions_address() -> str | None:
    """The emulator's address on the functions' network; None if there's no such network."""
    if os.environ.get("DEVENV_FUNCTIONS") != "containers":
        return None
    from devenv.emulator.functions.container_engine import container_engine

    try:
        engine = container_engine()
    except DevenvError:  # No engine, no containers of functions.
        return None
    return engine.address if engine.has_own_network else None
