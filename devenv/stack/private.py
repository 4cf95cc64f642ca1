"""Files that are their owner's alone: events, models, logs and databases are nobody else's to read.

What processes write that are started here is so by their umask; what commands write themselves
goes through `begin`.
"""

import os
import stat
from pathlib import Path

UMASK = 0o077
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def ensure(folder: Path) -> None:
    """Make `folder` its owner's alone. One that others could look into was made by an earlier
    devenv: everything in it is changed, too.

    Nothing is changed that belongs to another account, and nothing through a link.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_open(folder):
        return
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close(Path(place, name))
    _close(folder)  # Last, so that a change that was cut short is taken up again.


def begin(path: Path) -> None:
    """Make an empty file, or empty the one that is there; it is its owner's alone."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(b"")


def _is_open(path: Path) -> bool:
    found = path.lstat()
    return found.st_uid == os.getuid() and bool(found.st_mode & OTHERS)


def _close(path: Path) -> None:
    try:
        if not path.is_symlink() and _is_open(path):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
    except FileNotFoundError:  # Gone meanwhile, as files of a running service may be.
        return
