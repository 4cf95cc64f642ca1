"""The table of all tutorials' steps, printed after the tests."""

from tables import MarkedTable


def table() -> MarkedTable:
    """Each step with how it is followed here, and whether that works."""

    def told(outcome: str, reason: str, cells: tuple[str, ...]) -> str:
        names = {"passed": "works", "failed": "DOES NOT WORK", "skipped": f"not tried: {reason}"}
        return names[outcome]

    return MarkedTable("tutorial", "The tutorials, step by step", told)
