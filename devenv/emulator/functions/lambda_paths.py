"""This machine's folders under the names that they have on Lambda, in what people read.

A function's code lies in a folder that is another one after each deployment. Its tracebacks, in the
log and in error objects, name /var/task instead, as on Lambda. Only text is changed: variables and
files are where they are, and what a function returns is left as it is.
"""

import os
from collections.abc import Mapping
from pathlib import Path


def names(folders: Mapping[Path, str]) -> dict[str, str]:
    """What is replaced by what: as given and, if there are symbolic links in it, as resolved. The
    longest first, since one may lie in another."""
    found: dict[str, str] = {}
    for folder, name in folders.items():
        found |= {str(folder): name, os.path.realpath(folder): name}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def renamed(text: str, replaced: Mapping[str, str]) -> str:
    for folder, name in replaced.items():
        text = text.replace(folder, name)
    return text


def libraries(python: Path) -> list[Path]:
    """The folders of an interpreter's modules: its virtual environment's, and its own."""
    environment = python.parent.parent
    roots = [environment]
    settings = environment / "pyvenv.cfg"
    if settings.is_file():
        lines = settings.read_text().splitlines()
        homes = [line.partition("=")[2].strip() for line in lines if line.startswith("home")]
        roots += [Path(home).parent for home in homes]
    return [folder for root in roots for folder in sorted((root / "lib").glob("python3*"))]
