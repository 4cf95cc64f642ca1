"""Tables of what tests show, printed after them: a row for each mark that a test carries.

Collected from the reports of all workers by the one process that prints, like the table of
tests/conformance, which has columns of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

Cells = tuple[str, ...]


@dataclass(eq=False)
class MarkedTable:
    """The rows of one mark: its arguments, and how the test came out."""

    mark: str
    title: str
    result: Callable[[str, str, Cells], str]
    """How a row's outcome (passed, failed, skipped or xfailed) and its reason are told."""
    others: Callable[[], Iterable[tuple[str, Cells]]] = tuple
    """Rows that no test stands for: (what stands in place of the outcome, cells)."""
    rows: dict[tuple[str, Cells], str] = field(default_factory=dict)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        for marker in item.iter_markers(self.mark):
            item.user_properties.append((self.mark, list(marker.args)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, cells in report.user_properties:
            if name == self.mark:
                key = (report.nodeid, tuple(map(str, cells)))  # type: ignore[call-overload]
                if key not in self.rows or report.outcome != "passed" or report.when == "call":
                    self.rows[key] = self.result(*_outcome(report), key[1])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.rows:
            return
        terminalreporter.section(self.title)
        lines = [(cells, told) for (_, cells), told in self.rows.items()]
        lines += [(cells, told) for told, cells in self.others()]
        for cells, told in sorted(lines, key=lambda line: line[0]):
            terminalreporter.line(f"{' | '.join(cells)} | {told}")


def _outcome(report: pytest.TestReport) -> tuple[str, str]:
    """What came out, and why where it wasn't tried or failed as expected."""
    if expected := getattr(report, "wasxfail", None):
        return ("xfailed" if report.outcome == "skipped" else "failed"), str(expected)
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return "skipped", str(report.longrepr[2]).removeprefix("Skipped: ")
    return report.outcome, ""
