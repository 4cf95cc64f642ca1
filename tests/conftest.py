"""For all tests: `--engine`, and nothing may connect to anything off this machine."""

import ipaddress
import sys
from typing import Any

pytest_plugins = ["devenv.testing"]


def _refuse_the_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple) or address[0] in ("localhost", ""):
        return
    try:
        inside = ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise RuntimeError(f"A test tried to reach {address[0]}: tests stay on this machine.")


sys.addaudithook(_refuse_the_outside)
