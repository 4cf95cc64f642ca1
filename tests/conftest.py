"""For all tests: options, a guard (nothing may connect to anything off this machine), and how far
properties are tried."""

import ipaddress
import signal
import sys
from typing import Any

import pytest
from conformance.report import Table
from hypothesis import settings
from integration.cures import table as cures_table
from tutorials.report import table as tutorials_table

pytest_plugins = ["devenv.testing", "pytester"]

# The same examples each time: what fails in CI fails here. By hand: --hypothesis-profile=thorough
settings.register_profile(
    "quick",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    stateful_step_count=40,
)
settings.register_profile("thorough", deadline=None, max_examples=1500, stateful_step_count=80)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--conformance-report",
        metavar="FILE",
        help="write tests/conformance's table there: Markdown for .md, else JSON",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Here rather than beside those tests: of several workers' results the one process that prints
    # the table collects none itself.
    config.pluginmanager.register(Table(), "conformance-table")
    config.pluginmanager.register(cures_table(), "cures-table")
    config.pluginmanager.register(tutorials_table(), "tutorials-table")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As nohup and some CI systems start us: what tests start would ignore Ctrl-C, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--engine") != "endpoint":
        sys.addaudithook(_refuse_the_outside)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from scheduling import Scheduling

    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        from scheduling import rank

        items.sort(key=lambda item: rank(item.nodeid))


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
