"""Symbolic links in a function's zip: refused where they would have it reach beyond its folder.

`unzip` makes the links that a zip holds. One that points elsewhere lets the function's code, or
an entry whose path goes through it, read and write this machine's files. On Lambda both would be
harmless, since there's nothing but the function.
"""

import io
import stat
import zipfile
from collections.abc import Mapping

LINKS_FOLLOWED = 40
"""As many as Linux follows in one path."""


def trouble(archive: bytes) -> str | None:
    """What is wrong with a zip's symbolic links, as a sentence; None if nothing is."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            entries = file.infolist()
            links = {
                _path(entry.filename): file.read(entry).decode("utf-8", "replace")
                for entry in entries
                if stat.S_ISLNK(entry.external_attr >> 16)
            }
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return None  # Not this module's: it can't be unzipped at all.
    if not links:
        return None
    for name, target in links.items():
        if not _stays_inside(name, links):
            return f"The symbolic link {name} points outside of the zip, to {target}."
    names = [_path(entry.filename) for entry in entries]
    for name in names:
        parts = name.split("/")
        through = ("/".join(parts[:count]) for count in range(1, len(parts)))
        if link := next((folder for folder in through if folder in links), None):
            return f"The entry {name} goes through the symbolic link {link}."
    if doubled := next((name for name in links if names.count(name) > 1), None):
        return f"The entry {doubled} is there twice, once as a symbolic link."
    return None


def _path(name: str) -> str:
    """An entry's name as the file system understands it."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _stays_inside(name: str, links: Mapping[str, str]) -> bool:
    """Whether following the link `name`, and all that it leads through, ends inside."""
    here: list[str] = []
    left = name.split("/")
    followed = 0
    while left:
        part = left.pop(0)
        if part == "..":
            if not here:
                return False
            here.pop()
        elif part not in ("", "."):
            here.append(part)
        target = links.get("/".join(here))
        if target is not None and part != "..":
            followed += 1
            if target.startswith("/") or followed > LINKS_FOLLOWED:
                return False
            here.pop()
            left = target.split("/") + left
    return True
