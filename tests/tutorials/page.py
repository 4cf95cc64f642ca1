"""docs/tutorials.md: the commands that stand there for clicks, and the tables of what differs."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "tutorials.md"


def text(page: str = PAGE) -> str:
    return (DOCS / page).read_text()


def block(heading: str, page: str = PAGE, language: str = "bash", **names: str) -> str:
    """What stands to be run below a page's heading, after the variables that it needs."""
    found = re.search(
        rf"^#+ {re.escape(heading)}$.*?^```{language}\n(.*?)^```$", text(page), re.M | re.S
    )
    assert found, f"docs/{page} has no {language} below “{heading}”"
    given = "".join(f"{name}={value}\n" for name, value in names.items())
    return f"{given}{found[1]}"


def anchor(heading: str) -> str:
    """The name by which Git hosts find a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: str) -> list[str]:
    return [anchor(heading) for heading in re.findall(r"^#+ (.*)$", text(page), re.M)]


def link(heading: str, page: str = "") -> str:
    """To a heading of this page, or of another one."""
    return f"[{heading}]({page}{anchor(heading)})"


def row(number: int, title: str, how: str, here: str) -> str:
    return f"| {number} | {title} | {how} | {here} |"


def section(seed: str) -> str:
    """A tutorial's own."""
    (found,) = re.findall(rf"^## {seed}: .*?\n(.*?)(?=^## |\Z)", text(), re.M | re.S)
    return str(found)


def rows(seed: str) -> list[str]:
    """The rows of a tutorial's table."""
    return re.findall(r"^\| \d+ \|.*$", section(seed), re.M)


def counts() -> dict[str, list[int]]:
    """How many steps each tutorial has of each kind, as the first table says."""
    found = re.findall(r"^\| \[(\d{3})\]\(.*?\) \|.*?\| ((?:\d+ \| )*\d+) \|$", text(), re.M)
    return {number: [int(count) for count in kinds.split(" | ")] for number, kinds in found}
