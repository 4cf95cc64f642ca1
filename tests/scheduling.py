"""Which worker of a parallel run takes which tests: those that share what takes long to make stay
together, and the longest come first, so that no worker begins one when the others are done.

Not by xdist's groups: its marks are lost with this version of pytest.
"""

from xdist.scheduler import LoadScopeScheduling

from devenv.testing import CHOICE
from devenv.testing.engine import Engine

TOGETHER = ("conformance/", "e2e/")
"""Folders whose files share an environment: one worker takes them all."""
TOGETHER_IN_CONTAINERS = (*TOGETHER, "tutorials/")
"""The same where an engine is used: the tutorials' images have the same names."""
ALONE = (
    *(
        "unit/",
        "e2e/test_bench.py",
        "e2e/test_cures.py",
        "e2e/test_damaged_state.py",
        "e2e/test_full_disk.py",
    ),
    "e2e/test_what_happened_on_aws.py",
    *("e2e/test_life_cycle.py", "e2e/test_third_pipeline.py", "e2e/test_two_terminals.py"),
    *("integration/s3/test_damaged_files.py", "integration/test_second_up.py"),
)
"""Files and folders whose tests share nothing: any worker may take any of them."""
LONGEST_FIRST = ("conformance/", "e2e/test_bench.py", "e2e/", "tutorials/", "integration/", "")
"""Where what takes longest is, in this order."""


class Scheduling(LoadScopeScheduling):
    """Hands out groups of tests, in the order in which they are collected."""

    def _split_scope(self, nodeid: str) -> str:
        engine, _ = self.config.stash[CHOICE]
        return group(nodeid, engine)


def group(nodeid: str, engine: Engine) -> str:
    """The group of a test: a folder, a file, or the test alone."""
    name = file_name(nodeid)
    if name.startswith(ALONE):
        return nodeid
    together = TOGETHER_IN_CONTAINERS if engine is Engine.DOCKER else TOGETHER
    return next((folder for folder in together if name.startswith(folder)), name)


def rank(nodeid: str) -> int:
    """When a test's turn is."""
    name = file_name(nodeid)
    return next(n for n, beginning in enumerate(LONGEST_FIRST) if name.startswith(beginning))


def file_name(nodeid: str) -> str:
    """Of the test's file, as the lists above have it."""
    return nodeid.partition("::")[0].removeprefix("tests/")
