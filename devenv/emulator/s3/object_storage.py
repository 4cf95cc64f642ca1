"""LocalStack's S3 storage on `ContentFiles`: how its provider reads and writes objects' bytes.

An S3Object, or a part of an upload, carries its file's name in the attribute FILE, which is
pickled with it. Whatever opens it for writing gives it a new file. Nothing is deleted here: the
provider does that, once the metadata that no longer refers to a file is committed.
"""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from localstack.services.s3.models import S3Multipart, S3Object, S3Part
from localstack.services.s3.storage.core import S3ObjectStore, should_copy_in_place
from localstack.services.s3.storage.ephemeral import (
    EphemeralS3StoredMultipart,
    EphemeralS3StoredObject,
    LockedFileMixin,
)

from devenv.emulator.s3 import journal
from devenv.emulator.s3.content_files import ContentDamaged, ContentFiles, ContentGone

FILE = "devenv_file"

Mode = Literal["r", "w"]


class ContentFile(LockedFileMixin, io.FileIO):
    """One opening of a content file, with the locks that LocalStack's code expects of it."""

    def write(self, data: Any) -> int:
        """Write all of `data`: a raw file may take less than it's given."""
        left = memoryview(data)
        while left:
            left = left[super().write(left) :]
        return len(data)


class KeyLocks:
    """A lock per object, there only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[tuple[str, ...], tuple[threading.RLock, int]] = {}

    def acquire(self, name: tuple[str, ...]) -> None:
        with self._guard:
            lock, users = self._held.get(name, (threading.RLock(), 0))
            self._held[name] = lock, users + 1
        lock.acquire()

    def release(self, name: tuple[str, ...]) -> None:
        with self._guard:
            lock, users = self._held.pop(name)
            if users > 1:
                self._held[name] = lock, users - 1
        lock.release()


class StoredObject(EphemeralS3StoredObject):
    """An S3Object opened for reading, or for writing into its new file."""

    def __init__(self, s3_object: Any, file: ContentFile, mode: Mode, release: Any = None) -> None:
        super().__init__(s3_object, file, mode)
        file.internal_last_modified = getattr(s3_object, "internal_last_modified", 0)
        self._release = release

    def close(self) -> None:
        if not self.closed:
            super().close()
            self.file.close()
            if self._release:
                self._release()


class StoredMultipart(EphemeralS3StoredMultipart):
    """A multipart upload's parts. It keeps nothing itself: each part knows its file."""

    def __init__(self, store: "ObjectStore", bucket: str, s3_multipart: S3Multipart) -> None:
        super().__init__(store, bucket, s3_multipart, upload_dir="")

    def open(self, s3_part: S3Part, mode: Mode = "r") -> StoredObject:
        return StoredObject(s3_part, self._s3_store.open_file(s3_part, mode), mode)

    def remove_part(self, s3_part: S3Part) -> None:
        """Nothing to do: it was written by a request that fails, whose files go with it."""

    def close(self) -> None:
        """Nothing to do: the files go once the upload's rows are gone."""


class ObjectStore(S3ObjectStore):
    """What LocalStack's provider calls its storage backend."""

    def __init__(self, contents: ContentFiles) -> None:
        self.contents = contents
        self.root_directory = str(contents.folder)
        self._writers = KeyLocks()

    def open(self, bucket: str, s3_object: S3Object, mode: Mode = "r") -> StoredObject:
        """Open for reading or into a new file; one writer per object version at a time.

        LocalStack checks If-Match and If-None-Match while it has an object open for writing, and
        counts on that lock. Readers need none: a file never changes once it's referred to.
        Raises `ContentGone` if the object was overwritten or deleted since it was looked up.
        """
        if mode == "r":
            return StoredObject(s3_object, self.open_file(s3_object, "r"), "r")
        name = (bucket, s3_object.key, s3_object.version_id or "null")
        self._writers.acquire(name)
        with self._released_on_failure(name):
            file = self.open_file(s3_object, "w")
        journal.current().keys.add((bucket, s3_object.key))
        return StoredObject(s3_object, file, "w", lambda: self._writers.release(name))

    def open_file(self, s3_object: Any, mode: Mode) -> ContentFile:
        """The file of an object or part, a new one for writing.

        Raises `ContentDamaged` for one to read that was cut short, or grew, on the disk.
        """
        if mode == "w":
            name = self.contents.new()
            journal.current().written.add(name)
            setattr(s3_object, FILE, name)
            return ContentFile(self.contents.path(name), "x+")
        name = getattr(s3_object, FILE)
        try:
            file = ContentFile(self.contents.path(name), "r")
        except FileNotFoundError as e:
            raise ContentGone(name) from e
        if (found := os.fstat(file.fileno()).st_size) != s3_object.size:
            file.close()
            what = getattr(s3_object, "key", None) or f"part {s3_object.part_number}"
            raise ContentDamaged(
                f"{what} is damaged: {self.contents.path(name)} has {found} of its "
                f"{s3_object.size} bytes. Put the object again, or delete it."
            )
        return file

    def copy(
        self, src_bucket: str, src_object: S3Object, dest_bucket: str, dest_object: S3Object
    ) -> StoredObject:
        """Copy the bytes, unless only the metadata changes: then the file is linked."""
        if should_copy_in_place(src_bucket, src_object, dest_bucket, dest_object):
            name = self.contents.link(getattr(src_object, FILE))
            journal.current().written.add(name)
            journal.current().keys.add((dest_bucket, dest_object.key))
            setattr(dest_object, FILE, name)
            return self.open(dest_bucket, dest_object, "r")
        with self.open(src_bucket, src_object, "r") as source:
            destination = self.open(dest_bucket, dest_object, "w")
            try:
                destination.write(source)
            except BaseException:
                destination.close()
                raise
        return destination

    def remove(self, bucket: str, s3_object: S3Object | list[S3Object]) -> None:
        """Note that the objects' files are needed no more."""
        removed = s3_object if isinstance(s3_object, list) else [s3_object]
        names = {getattr(each, FILE, None) for each in removed} - {None}
        journal.current().dropped.update(name for name in names if name)

    def get_multipart(self, bucket: str, s3_multipart: S3Multipart) -> StoredMultipart:
        return StoredMultipart(self, bucket, s3_multipart)

    def remove_multipart(self, bucket: str, s3_multipart: S3Multipart) -> None:
        """Note that the parts' files are needed no more."""
        parts = list(s3_multipart.parts.values())
        self.remove(bucket, parts)

    @contextmanager
    def _released_on_failure(self, name: tuple[str, ...]) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._writers.release(name)
            raise
