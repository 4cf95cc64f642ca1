"""LocalStack's S3 provider, whose operations are on disk before they are acknowledged.

Every operation that can change something is wrapped where LocalStack dispatches it: after the
provider has done it in memory and before anything of the response exists, what it touched is
committed. If the commit fails, so does the request.
"""

from collections.abc import Callable
from typing import Any

from localstack import config
from localstack.aws.skeleton import DispatchTable, create_dispatch_table
from localstack.services.s3.provider import S3Provider

from devenv.emulator.s3 import journal, model_rows
from devenv.emulator.s3.contents import ContentGone, Contents
from devenv.emulator.s3.journal import Journal
from devenv.emulator.s3.records import Records, RowId
from devenv.emulator.s3.restore import restore
from devenv.emulator.s3.storage import ObjectStore
from devenv.emulator.s3.touched import touched

ATTEMPTS = 10
"""How often a read is tried again whose object others overwrite at that moment."""

READS = ("Get", "Head", "List", "Select")

Handler = Callable[[Any, Any], Any]


class DurableS3Provider(S3Provider):
    """LocalStack's S3 with its contents in files and its model in `records`."""

    def __init__(self, contents: Contents, records: Records) -> None:
        super().__init__(ObjectStore(contents))
        self._contents = contents
        self._records = records

    def on_after_init(self) -> None:
        restore(self._records, self._contents)
        self._cors_handler.invalidate_cache()
        super().on_after_init()

    def on_after_state_reset(self) -> None:
        """LocalStack's own `/_localstack/state/reset` empties S3 for good."""
        super().on_after_state_reset()
        self._records.clear()
        self._contents.delete_all_but(set())

    def dispatch_table(self) -> DispatchTable:
        """The operations by name, those that write made durable."""
        table = create_dispatch_table(self)
        return {name: self._durable(name, handler) for name, handler in table.items()}

    def _durable(self, operation: str, handler: Handler) -> Handler:
        handler = _tried_again(handler)
        if operation.startswith(READS):
            return handler

        def write(context: Any, request: Any) -> Any:
            with journal.recording() as noted:
                result = None
                try:
                    result = handler(context, request)
                finally:
                    # After a failure too: some of DeleteObjects' keys may be gone, say.
                    self._commit(operation, request or {}, result, noted)
                return result

        return write

    def _commit(self, operation: str, request: Any, result: Any, noted: Journal) -> None:
        """Bring the rows of what was touched in line with the model, then drop unused files."""
        name = request.get("Bucket")
        if not name:
            return
        bucket = model_rows.find_bucket(name)
        if bucket is not None and bucket.bucket_account_id == config.INTERNAL_RESOURCE_ACCOUNT:
            # LocalStack's archives of functions: they end with the functions, at the next start.
            self._contents.delete(noted.dropped)
            return
        with self._records.lock:
            changes = {
                row_id: bucket and model_rows.row_of(bucket, row_id)
                for row_id in self._row_ids(bucket, operation, request, result, noted)
            }
            unused = self._records.apply(changes)
            used = {file for row in changes.values() if row for file in row.files}
        self._contents.delete((unused | noted.written | noted.dropped) - used)

    def _row_ids(
        self, bucket: Any, operation: str, request: Any, result: Any, noted: Journal
    ) -> set[RowId]:
        name = request["Bucket"]
        if bucket is None:
            return self._records.ids(name)
        what = touched(operation, request, result, noted.keys)
        ids = set(what.rows)
        if what.whole_bucket:
            ids |= model_rows.ids_of(bucket) | self._records.ids(name)
        if what.ended_upload:
            ids |= self._records.parts(name, what.ended_upload)
        return ids


def _tried_again(handler: Handler) -> Handler:
    """Look the object up once more if its file went between that and opening it."""

    def attempt(context: Any, request: Any) -> Any:
        for _ in range(ATTEMPTS - 1):
            try:
                return handler(context, request)
            except ContentGone:
                continue
        return handler(context, request)

    return attempt
