"""The files that hold what objects contain: written once under a name of their own, never again.

An overwrite makes a new file, so one that is cut short leaves the old content as it was. Which
files are in use is the records' business; this module only makes, links and deletes them.
"""

import os
import uuid
from collections.abc import Iterable
from pathlib import Path


class ContentGone(Exception):
    """A file was deleted between looking its name up and opening it: look again."""


class ContentDamaged(Exception):
    """A file has not the bytes that were written to it."""


class ContentFiles:
    """The folder of content files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def new(self) -> str:
        """A name that no file has."""
        return uuid.uuid4().hex

    def path(self, name: str) -> Path:
        return self.folder / name

    def link(self, name: str) -> str:
        """The same content under a new name. Raises `ContentGone`."""
        copy = self.new()
        try:
            os.link(self.path(name), self.path(copy))
        except FileNotFoundError as e:
            raise ContentGone(name) from e
        return copy

    def size(self, name: str) -> int | None:
        """Bytes in the file; None if there's no such file."""
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, names: Iterable[str]) -> None:
        """Delete the files that are there. Who has one open goes on reading it."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def delete_all_but(self, names: set[str]) -> int:
        """Delete what a crash left behind; how many files that were."""
        left = [entry.name for entry in os.scandir(self.folder) if entry.name not in names]
        self.delete(left)
        return len(left)
