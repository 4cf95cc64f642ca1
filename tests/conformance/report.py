"""The table of statements and results: printed after the tests, written by --conformance-report.

`python tests/conformance/report.py NAME=run.json …` prints the Markdown table of several runs, a
column for each.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EVIDENCE = ("recorded", "guide", "model", "inference")
MARKS = {"passed": "yes", "failed": "**no**", "skipped": "not tried"}


@dataclass(frozen=True)
class Row:
    """One statement, as it came out."""

    part: str
    statement: str
    result: str
    """passed, failed or skipped."""
    reason: str
    seconds: float
    evidence: str
    """recorded (on AWS), guide (AWS's), model (the API's) or inference."""


def statement_of(item: pytest.Item) -> str:
    """The docstring's first sentence; `{name}` in it is that parameter's value."""
    function = getattr(item, "function", None)
    words = " ".join((function.__doc__ or item.name).strip().split("\n\n")[0].split()).rstrip(".")
    values = getattr(item, "callspec", None)
    return words.format(**values.params) if values else words


def part_of(item: pytest.Item) -> str:
    module = item.getparent(pytest.Module)
    docstring = module.obj.__doc__ if module else None
    return (docstring or item.path.stem).strip().split("\n")[0].rstrip(".")


def evidence_of(item: pytest.Item) -> str:
    """By the test's own mark or its module's; the nearest counts."""
    marker = item.get_closest_marker("evidence")
    return str(marker.args[0]) if marker else ""


class Table:
    """Collects rows while tests run."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if HERE in item.path.parents:
            told = (part_of(item), statement_of(item), evidence_of(item))
            item.user_properties.append(("statement", told))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties).get("statement")
        if told is None:
            return
        before = self.rows.get(report.nodeid)
        seconds = report.duration + (before.seconds if before else 0)
        if before is None or report.outcome == "failed" or report.when == "call":
            result, reason = report.outcome, reason_of(report)
            if getattr(report, "wasxfail", None) and result == "skipped":
                result = "failed"  # As was to be expected, and so no reason to stop a build.
        else:
            result, reason = before.result, before.reason
        part, statement, evidence = told
        seconds = round(seconds, 1)
        self.rows[report.nodeid] = Row(part, statement, result, reason, seconds, evidence)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.rows:
            return
        terminalreporter.section("Kinesis → Lambda mapping, as AWS does it")
        rows, part = list(self.rows.values()), ""
        for row in rows:
            if row.part != part:
                part = row.part
                terminalreporter.line(f"{part}")
            mark = MARKS[row.result].strip("*")
            reason = f" ({row.reason})" if row.result == "skipped" else ""
            evidence = f"[{row.evidence}]"
            terminalreporter.line(
                f"  {mark:10}{row.seconds:5.1f} s  {evidence:11}  {row.statement}{reason}"
            )
        passed = sum(row.result == "passed" for row in rows)
        terminalreporter.line(f"{passed} of {len(rows)} statements hold")
        if path := terminalreporter.config.getoption("--conformance-report"):
            write(Path(path), rows)


def reason_of(report: pytest.TestReport) -> str:
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    if report.outcome == "failed":
        crash = getattr(report.longrepr, "reprcrash", None)
        return " ".join(str(crash.message if crash else report.longrepr).split())[:300]
    return ""


def write(path: Path, rows: list[Row]) -> None:
    """As JSON or, by the name's ending, as Markdown."""
    if path.suffix == ".md":
        path.write_text(markdown({"result": rows}), encoding="utf-8")
    else:
        path.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


def read(path: Path) -> list[Row]:
    return [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def markdown(runs: dict[str, list[Row]]) -> str:
    """Tables, one for each part; a column for each run."""
    by_run = {name: {(r.part, r.statement): r for r in rows} for name, rows in runs.items()}
    order = list(dict.fromkeys(key for rows in by_run.values() for key in rows))
    evidence = {key: row.evidence for rows in by_run.values() for key, row in rows.items()}
    lines: list[str] = []
    for part in dict.fromkeys(part for part, _ in order):
        lines += [
            "",
            f"### {part}",
            "",
            f"| | evidence | {' | '.join(runs)} |",
            "| --- | --- |" + " --- |" * len(runs),
        ]
        for key in [key for key in order if key[0] == part]:
            cells = [mark(rows.get(key)) for rows in by_run.values()]
            statement = key[1].replace("|", "&#124;")
            lines.append(f"| {statement} | {evidence[key]} | {' | '.join(cells)} |")
    totals = [
        f"{sum(r.result == 'passed' for r in rows)} of {len(order)}" for rows in runs.values()
    ]
    head = [f"| | {' | '.join(runs)} |", "| --- |" + " --- |" * len(runs)]
    head.append(f"| statements that hold | {' | '.join(totals)} |")
    counts = ", ".join(f"{list(evidence.values()).count(kind)} {kind}" for kind in EVIDENCE)
    head += ["", f"Evidence of the {len(order)} statements: {counts}."]
    return "\n".join(head + lines).strip() + "\n"


def mark(row: Row | None) -> str:
    return MARKS[row.result] if row else MARKS["skipped"]


if __name__ == "__main__":
    named = dict(argument.split("=", 1) for argument in sys.argv[1:])
    sys.stdout.write(markdown({name: read(Path(path)) for name, path in named.items()}))
