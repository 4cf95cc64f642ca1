"""Lambda's defaults, 3 s and 128 MB, are too little for a model; what it takes is in its log.

Init may take 10 s, apart from the timeout. But after a timeout or a crash, and after an init that
was cut, it is done again inside an invocation, and counts there.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong

NAME = "The function has the time and memory that it needs"

INIT_LIMIT, NEAR = 10.0, 0.9
DEFAULT_TIMEOUT = 3


def check(facts: Facts) -> Finding:
    config = facts.function["Configuration"]
    timeout, memory = config.get("Timeout", DEFAULT_TIMEOUT), config.get("MemorySize", 128)
    reports = [i.report for i in facts.invocations if i.report]
    took, used, init = (
        max((report.get(name, 0.0) for report in reports), default=0.0)
        for name in ("Duration", "Max Memory Used", "Init Duration")
    )
    took, init = took / 1000, init / 1000
    measured = f"init {init:.1f} s, longest invocation {took:.1f} s, {used:.0f} MB of {memory} used"
    if any(i.init_timed_out for i in facts.invocations[-3:]) or init > NEAR * INIT_LIMIT:
        return wrong(
            f"init takes {init:.1f} s or more, and is cut at {INIT_LIMIT:.0f}",
            _more(facts, "memory-size", max(2 * memory, 1024))
            + " CPU comes with memory. And import "
            "less at the top: mlflow takes 2 s, pandas 1.",
        )
    if used > NEAR * memory:
        return wrong(
            f"it has used {used:.0f} of its {memory} MB",
            _more(facts, "memory-size", 2 * memory),
        )
    needed = max(init + took, DEFAULT_TIMEOUT)
    if timeout < needed or (timeout == DEFAULT_TIMEOUT):
        default = ", Lambda's default" if timeout == DEFAULT_TIMEOUT else ""
        return wrong(
            f"its timeout is {timeout} s{default}; {measured}. After a timeout init is done again "
            "inside an invocation",
            _more(facts, "timeout", max(15, round(2 * needed))),
        )
    if not reports:
        return skipped(
            f"timeout {timeout} s, {memory} MB; not measured: it has not run since its "
            "last change (try `devenv put`)"
        )
    return well(f"timeout {timeout} s; {measured}")


def _more(facts: Facts, what: str, value: int) -> str:
    name = facts.settings.function_name
    words = f"lambda update-function-configuration --function-name {name} --{what} {value}"
    return facts.command(words) + "."
