"""LocalStack's S3 provider, whose operations are on disk before they are acknowledged.

Every operation that can change something is wrapped where LocalStack dispatches it: after the
provider has done it in memory and before anything of the response exists, what it touched is
committed. If the commit fails, so does the request, and the error says if the disk is full.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from localstack import config
from localstack.aws.api import CommonServiceException
from localstack.aws.handlers import modify_service_response
from localstack.aws.skeleton import DispatchTable, create_dispatch_table
from localstack.services.s3.provider import S3Provider

from devenv.emulator.database_files import storage_error
from devenv.emulator.s3 import journal, model_rows
from devenv.emulator.s3.content_files import ContentDamaged, ContentFiles, ContentGone
from devenv.emulator.s3.journal import Journal
from devenv.emulator.s3.object_storage import ObjectStore
from devenv.emulator.s3.policy_status import is_public
from devenv.emulator.s3.records import Records
from devenv.emulator.s3.restore import restore
from devenv.emulator.s3.touched import touched

ATTEMPTS = 10
"""How often a read is tried again whose object others overwrite at that moment."""

READS = ("Get", "Head", "List", "Select")

Handler = Callable[[Any, Any], Any]


class DurableS3Provider(S3Provider):
    """LocalStack's S3 with its contents in files and its model in `records`."""

    def __init__(self, contents: ContentFiles, records: Records) -> None:
        super().__init__(ObjectStore(contents))
        self._contents = contents
        self._records = records

    def on_after_init(self) -> None:
        restore(self._records, self._contents)
        self._cors_handler.invalidate_cache()
        super().on_after_init()
        modify_service_response.append("s3control", self._keep_tags)

    def get_bucket_policy_status(
        self,
        context: Any,
        bucket: str,
        expected_bucket_owner: str | None = None,
        **rest: Any,
    ) -> dict[str, Any]:
        """LocalStack lacks it."""
        found = self.get_bucket_policy(context, bucket, expected_bucket_owner)
        return {"PolicyStatus": {"IsPublic": is_public(found["Policy"])}}

    def _keep_tags(self, chain: Any, context: Any, response: Any) -> None:
        """S3 Control's TagResource and UntagResource write into S3's model directly."""
        arn = (context.service_request or {}).get("ResourceArn")
        if arn and context.operation.name in ("TagResource", "UntagResource"):
            place = {"Bucket": arn.rpartition(":")[2]}
            self._commit("PutBucketTagging", place, {}, Journal())

    def dispatch_table(self) -> DispatchTable:
        """The operations by name, those that write made durable."""
        table = create_dispatch_table(self)
        return {name: self._durable(name, handler) for name, handler in table.items()}

    def _durable(self, operation: str, handler: Handler) -> Handler:
        handler = self._explained(_tried_again(handler))
        if operation.startswith(READS):
            return handler

        @self._explained
        def write(context: Any, request: Any) -> Any:
            with journal.recording() as noted:
                try:
                    result = handler(context, request)
                except BaseException:
                    # A failure may have changed something too: some of DeleteObjects' keys, say.
                    self._commit(operation, request or {}, {}, noted)
                    raise
                if operation == "DeleteBucket":
                    self._forget(request["Bucket"])
                self._commit(operation, request or {}, result or {}, noted)
                return result

        return write

    def _explained(self, handler: Handler) -> Handler:
        """Have a failure of the disk answered as S3's InternalError, in words that name it."""

        def handle(context: Any, request: Any) -> Any:
            try:
                return handler(context, request)
            except (OSError, sqlite3.Error, ContentDamaged) as e:
                words = storage_error(e, self._records.path)
                if isinstance(e, ContentDamaged):
                    words = str(e)
                if words is None:
                    raise
                raise CommonServiceException("InternalError", words, status_code=500) from e

        return handle

    def _commit(self, operation: str, request: Any, result: Any, noted: Journal) -> None:
        """Bring the rows of what was touched in line with the model, then drop unused files."""
        unused = noted.written | noted.dropped
        bucket = model_rows.find_bucket(request.get("Bucket"))
        if bucket is None:
            self._contents.delete(unused)
            return
        if bucket.bucket_account_id == config.INTERNAL_RESOURCE_ACCOUNT:
            # LocalStack's archives of functions: they end with the functions, at the next start.
            self._contents.delete(noted.dropped)
            return
        with self._records.lock:
            what = touched(operation, request, result, noted.keys)
            ids = what.rows | (model_rows.ids_of(bucket) if what.whole_bucket else set())
            if what.ended_upload:
                ids |= self._records.parts(bucket.name, what.ended_upload)
            changes = {row_id: model_rows.row_of(bucket, row_id) for row_id in ids}
            unused |= self._records.apply(changes)
        used = {file for row in changes.values() if row for file in row.files}
        self._contents.delete(unused - used)

    def _forget(self, name: str) -> None:
        """Delete the rows of a bucket that was deleted, its unfinished uploads' too."""
        with self._records.lock:
            # Another request may have made a bucket of that name meanwhile.
            bucket = model_rows.find_bucket(name)
            changes = {
                row_id: model_rows.row_of(bucket, row_id) if bucket else None
                for row_id in self._records.ids(name)
            }
            unused = self._records.apply(changes)
        self._contents.delete(unused)


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
