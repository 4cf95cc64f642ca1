"""What the pytest plugin adds to a run's report."""

import pytest

CONFTEST = """
import pytest
from devenv.testing import LOG

pytest_plugins = ["devenv.testing"]
LINES = [
    *[f"line {n}" for n in range(100)],
    "INFO --- [et.reactor-0] localstack.request.aws     : AWS iam.GetRole => 200",
    "INFO --- [et.reactor-0] localstack.request.aws     : AWS iam.GetRole => 404 (NoSuchEntity)",
]

@pytest.fixture
def environment(pytestconfig):
    pytestconfig.stash[LOG] = lambda: "\\n".join(LINES)
    yield
    del pytestconfig.stash[LOG]
"""


def test_a_failed_test_is_reported_with_the_emulators_log(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        "def test_good(environment): pass\n"
        "def test_bad(environment): assert False\n"
        "def test_without(): assert False\n"
    )
    result = pytester.runpytest("--engine", "embedded", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=2)
    assert str(result.stdout).count("=> 404 (NoSuchEntity)") == 1
    result.stdout.fnmatch_lines(["*test_bad*", "*The emulator's log*", "line 41", "line 42"])
    result.stdout.no_fnmatch_line("* => 200")
