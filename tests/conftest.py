"""For all tests: options, and a guard: nothing may connect to anything off this machine."""

import ipaddress
import sys
from typing import Any

import pytest

pytest_plugins = ["devenv.testing"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--conformance-report",
        metavar="FILE",
        help="write tests/conformance's table there: Markdown for .md, else JSON",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--engine") != "endpoint":
        sys.addaudithook(_refuse_the_outside)


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
