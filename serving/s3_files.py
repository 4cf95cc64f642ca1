"""A model's files out of S3, side by side, each kept on this disk by what is in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LIKELY = ("MLmodel", "model.skops")
"""Asked for at once; the first says which others are needed."""


class Unavailable(Exception):
    """A file that can't be got from S3, and why."""


class Missing(Unavailable):
    """A file that isn't in S3."""


class S3Folder:
    """The files under `uri`, kept in a folder of the temporary one that `uri` names."""

    def __init__(self, uri: str, get_object: Callable[..., Any], temporary: Path) -> None:
        self.uri, self._get_object = uri, get_object
        name = f"model-{os.getuid()}-{hashlib.sha256(uri.encode()).hexdigest()[:16]}"
        self._folder = temporary / name
        self._started: dict[str, Future[Path]] = {}

    def get(self, name: str) -> Path:
        """Where the file now is. Raises Unavailable."""
        if not self._started:
            with_others = dict.fromkeys((*LIKELY, name))
            threads = ThreadPoolExecutor(len(with_others))
            self._started = {each: threads.submit(self._download, each) for each in with_others}
            threads.shutdown(wait=False)
        if started := self._started.get(name):
            return started.result()
        return self._download(name)

    def _download(self, name: str) -> Path:
        """Read it, unless this very content (by ETag) is there.

        It is written beside and renamed when whole: one that was cut short, which botocore notices
        by its length or its checksum, is never found.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._folder.stat().st_uid != os.getuid():
            raise Unavailable(f"{self._folder} belongs to another user: remove it, or set TMPDIR")
        place = urlsplit(self.uri)
        key = f"{place.path.strip('/')}/{name}".lstrip("/")
        try:
            found = self._get_object(Bucket=place.netloc, Key=key)
            with found["Body"] as body:
                file = self._folder / f"{found['ETag'].strip('"')}-{Path(name).name}"
                if not file.exists():
                    with tempfile.NamedTemporaryFile(
                        dir=self._folder, delete_on_close=False
                    ) as part:
                        shutil.copyfileobj(body, part)
                        part.close()
                        Path(part.name).replace(file)
        except (BotoCoreError, ClientError) as e:
            code = e.response["Error"]["Code"] if isinstance(e, ClientError) else None
            kind = Missing if code == "NoSuchKey" else Unavailable
            raise kind(f"{self.uri}: can't get {name} from it: {e}") from e
        return file
