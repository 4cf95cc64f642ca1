"""For all tests: options, a guard (nothing may connect to anything off this machine), and how far
properties are tried."""

import ipaddress
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from conformance.report import Table
from hypothesis import settings

pytest_plugins = ["devenv.testing"]

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


TOGETHER = ("conformance/", "e2e/")
"""Folders whose files share what takes long to make: one worker takes them all."""
ALONE = (
    *("unit/", "e2e/test_bench.py", "e2e/test_damaged_state.py", "e2e/test_full_disk.py"),
    *("e2e/test_life_cycle.py", "e2e/test_third_pipeline.py", "e2e/test_two_terminals.py"),
    *("integration/s3/test_damaged_files.py", "integration/test_second_up.py"),
)
"""Files and folders whose tests share nothing: any worker may take any of them."""
LONGEST_FIRST = ("conformance/", "e2e/test_bench.py", "e2e/", "integration/", "")
"""Where what takes longest is, in this order."""


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
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As nohup and some CI systems start us: what tests start would ignore Ctrl-C, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--engine") != "endpoint":
        sys.addaudithook(_refuse_the_outside)


def pytest_itemcollected(item: pytest.Item) -> None:
    """For parallel runs: tests that share what takes long to make stay together."""
    if not (name := _name(item)).startswith(ALONE):
        folder = next((folder for folder in TOGETHER if name.startswith(folder)), name)
        item.add_marker(pytest.mark.xdist_group(folder))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For parallel runs: the longest come first, so that no worker begins one when the others are
    done."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(_name(item)))


def _name(item: pytest.Item) -> str:
    """Of the test's file, as the lists above have it."""
    return item.path.relative_to(Path(__file__).parent).as_posix()


def _rank(name: str) -> int:
    return next(n for n, beginning in enumerate(LONGEST_FIRST) if name.startswith(beginning))


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
