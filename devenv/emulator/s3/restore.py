"""At start: LocalStack's model of S3 filled from the rows.

What can't be read is left out with a line in the log that names it, and its row and files are
left where they are: nothing that's wrong with one object keeps the others, or the start, from
working.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from devenv.emulator.s3 import model_rows
from devenv.emulator.s3.content_files import ContentFiles
from devenv.emulator.s3.object_storage import FILE
from devenv.emulator.s3.records import BUCKET, KEY, PART, UPLOAD, Records, RowId

LOG = logging.getLogger(__name__)


def restore(records: Records, contents: ContentFiles) -> None:
    """Fill the model, which is empty, and delete the files that no row refers to."""
    buckets: dict[str, Any] = {}
    for row_id, row in records.all(BUCKET):
        with _skipping(row_id):
            buckets[row_id.bucket] = model_rows.restore_bucket(row)
    _restore_keys(records, contents, buckets)
    for row_id, row in records.all(UPLOAD):
        with _skipping(row_id):
            model_rows.restore_upload(buckets[row_id.bucket], row)
    for row_id, row in records.all(PART):
        with _skipping(row_id):
            model_rows.restore_part(buckets[row_id.bucket], row_id, row)
    if deleted := contents.delete_all_but(records.files()):
        LOG.info("S3: deleted %s files that writes cut short had left", deleted)


def _restore_keys(records: Records, contents: ContentFiles, buckets: dict[str, Any]) -> None:
    for row_id, row in records.all(KEY):
        with _skipping(row_id):
            bucket = buckets[row_id.bucket]
            whole = _checker(row_id, contents)
            versions = [each for each in model_rows.restore_key(bucket, row) if whole(each)]
            model_rows.put_versions(bucket, row_id.name, versions)


def _checker(row_id: RowId, contents: ContentFiles) -> Callable[[Any], bool]:
    """Tells whether a version's file is there with all its bytes."""

    def whole(version: Any) -> bool:
        name = getattr(version, FILE, None)
        if name is None:  # a delete marker
            return True
        size = contents.size(name)
        if size != version.size:
            found = "is missing" if size is None else f"has {size} bytes"
            LOG.error(
                "S3: left out %s, version %s: its content of %s bytes, file %s, %s",
                *(row_id, version.version_id or "null", version.size, name, found),
            )
        return bool(size == version.size)

    return whole


@contextmanager
def _skipping(row_id: RowId) -> Iterator[None]:
    """Log what goes wrong with one row, and go on."""
    try:
        yield
    except Exception as e:
        LOG.error("S3: left out %s: its row can't be read (%s: %s)", row_id, type(e).__name__, e)
