"""Lambda's defaults, 3 s and 128 MB, are too little for a model; what it takes is in its log.

Init may take 10 s, apart from the timeout. But after a timeout or a crash, and after an init that
was cut, it is done again inside an invocation, and counts there.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from dataclasses import dataclass

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong
from devenv.doctor.function_log import Invocation

NAME = "The function has the time and memory that it needs"

INIT_LIMIT, NEAR = 10.0, 0.9
DEFAULT_TIMEOUT = 3


@dataclass(frozen=True)
class Measured:
    """The most that the last invocations took."""

    invocations: int
    init_s: float
    longest_s: float
    used_mb: float

    def __str__(self) -> str:
        if not self.invocations:
            return "not measured: it has not run since its last change"
        return (
            f"init {self.init_s:.1f} s, longest invocation {self.longest_s:.1f} s, "
            f"{self.used_mb:.0f} MB used"
        )


def check(facts: Facts) -> Finding:
    config = facts.function["Configuration"]
    timeout, memory = config.get("Timeout", DEFAULT_TIMEOUT), config.get("MemorySize", 128)
    measured = measure(facts.invocations)
    if measured.init_s > NEAR * INIT_LIMIT or any(i.init_timed_out for i in facts.invocations[-3:]):
        return wrong(
            f"init takes {measured.init_s:.1f} s or more, and is cut at {INIT_LIMIT:.0f}",
            f"{_more(facts, 'memory-size', max(2 * memory, 1024))} CPU comes with memory. And "
            "import less at the top: mlflow takes 2 s, pandas 1.",
        )
    if measured.used_mb > NEAR * memory:
        return wrong(
            f"it has used {measured.used_mb:.0f} of its {memory} MB",
            _more(facts, "memory-size", 2 * memory),
        )
    needed = measured.init_s + measured.longest_s
    if timeout <= DEFAULT_TIMEOUT or timeout < needed:
        default = ", Lambda's default" if timeout == DEFAULT_TIMEOUT else ""
        return wrong(
            f"its timeout is {timeout} s{default}; {measured}. After a timeout init is done again "
            "inside an invocation",
            _more(facts, "timeout", max(15, round(2 * needed))),
        )
    words = f"timeout {timeout} s, memory {memory} MB; {measured}"
    return well(words) if measured.invocations else skipped(words)


def measure(invocations: list[Invocation]) -> Measured:
    reports = [i.report for i in invocations if i.report]

    def most(name: str) -> float:
        return max((report.get(name, 0.0) for report in reports), default=0.0)

    seconds = (most("Init Duration") / 1000, most("Duration") / 1000)
    return Measured(len(reports), *seconds, most("Max Memory Used"))


def _more(facts: Facts, what: str, value: int) -> str:
    name = facts.settings.function_name
    words = f"lambda update-function-configuration --function-name {name} --{what} {value}"
    return facts.commands.aws(words) + "."
