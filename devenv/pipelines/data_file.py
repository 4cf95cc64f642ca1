"""Training data at a path or a URL, as a file to read. What is in it is the pipelines' business."""

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from devenv.errors import NotFound, Unreachable


@contextmanager
def local_file(source: str, layout: str) -> Iterator[Path]:
    """A path to what lies at `source`, fetched for as long as it's needed if that's a URL.

    `layout` says what `--data` takes, for the error's sake. Raises `NotFound`, or `Unreachable`
    for a URL that doesn't answer.
    """
    if not _is_url(source):
        path = Path(source).expanduser()
        if not path.is_file():
            raise NotFound(f"There's no file {path}. --data takes {layout}.")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="devenv-data-") as folder:
        path = Path(folder) / (PurePosixPath(urlsplit(source).path).name or "data")
        _download(source, path)
        yield path


def file_version(source: str, layout: str) -> str:
    """The file's digest; a URL stands for itself, since what is published doesn't change."""
    if _is_url(source):
        return source
    with local_file(source, layout) as path, path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _download(url: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as reply, path.open("wb") as file:
            shutil.copyfileobj(reply, file)
    except urllib.error.HTTPError as e:
        raise NotFound(f"{url} answered {e.code} {e.reason}. Check the URL of --data.") from e
    except (OSError, ValueError) as e:
        reason = getattr(e, "reason", None) or e
        raise Unreachable(
            f"{url} could not be fetched ({reason}). Fetch it by other means and give --data "
            "the file's path."
        ) from e
