"""For all tests: options, a guard (nothing may connect to anything off this machine), and how far
properties are tried."""

import ipaddress
import signal
import sys
from typing import Any

import pytest
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


LONGEST_FIRST = (
    "conformance/test_age.py",
    "e2e/test_recipes.py",
    "e2e/test_bench.py",
    "e2e/test_damaged_state.py",
    "e2e/test_full_disk.py",
    "e2e/test_as_on_aws.py",
    "e2e/test_bikes.py",
    "e2e/test_wrong_input.py",
    "e2e/test_life_cycle.py",
    "e2e/test_two_terminals.py",
    "integration/test_second_up.py",
    "conformance/test_batches.py",
    "integration/mapping/test_mapping.py",
    "e2e/test_third_pipeline.py",
    "integration/test_model_step.py",
    "integration/test_malformed_records.py",
    "integration/door/test_chromium.py",
)
"""Files whose tests take longest, in this order. The others follow as they are collected."""
ALONE = (
    *("unit/", "e2e/test_life_cycle.py", "e2e/test_two_terminals.py", "e2e/test_full_disk.py"),
    *("integration/s3/test_damaged_files.py", "conformance/test_batches.py"),
)
"""Files and folders whose tests share nothing: any worker may take any of them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--conformance-report",
        metavar="FILE",
        help="write tests/conformance's table there: Markdown for .md, else JSON",
    )


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As nohup and some CI systems start us: what tests start would ignore Ctrl-C, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--engine") != "endpoint":
        sys.addaudithook(_refuse_the_outside)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For parallel runs: a file's tests stay together, since they share what takes long to make,
    and the longest files come first, so that no worker begins one when the others are done."""
    if not config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    root = config.rootpath / "tests"
    names = {item: item.path.relative_to(root).as_posix() for item in items}
    for item, name in names.items():
        if not name.startswith(ALONE):
            item.add_marker(pytest.mark.xdist_group(name))
    order = {name: n for n, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(names[item], len(order)))


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
