"""LocalStack's model of S3 as rows, and rows as the model.

A bucket's row has its settings, without what is in it; a key's row has all of the key's versions;
an upload's row the upload without its parts, which have a row each. Tags, which LocalStack keeps
beside its model, go with the row of what they are on, as {region: {id: tags}}.
"""

import copy
import pickle
from collections.abc import Iterable
from typing import Any

from localstack.services.s3.models import KeyStore, S3Bucket, VersionedKeyStore, s3_stores
from localstack.services.s3.utils import get_unique_key_id

from devenv.emulator.s3.object_storage import FILE
from devenv.emulator.s3.records import BUCKET, KEY, PART, UPLOAD, Row, RowId

TagsByRegion = dict[str, dict[str, dict[str, str]]]


def find_bucket(name: str | None) -> Any:
    """The bucket of that name in whoever's account; None if there's none."""
    if name is None:
        return None
    for account in list(s3_stores.values()):
        for store in list(account.values()):
            if bucket := store.buckets.get(name):
                return bucket
    return None


def row_of(bucket: S3Bucket, row_id: RowId) -> Row | None:
    """What the model now has for `row_id`; None if it has no such thing any more."""
    if row_id.kind == BUCKET:
        return _bucket_row(bucket)
    if row_id.kind == KEY:
        return _key_row(bucket, row_id.name)
    upload = bucket.multiparts.get(row_id.name)
    if upload is None:
        return None
    if row_id.kind == UPLOAD:
        bare = copy.copy(upload)
        bare.parts = {}
        return Row(_pickled(bare))
    part = upload.parts.get(row_id.part)
    return Row(_pickled(part), _files([part])) if part else None


def ids_of(bucket: S3Bucket) -> set[RowId]:
    """A row for everything that is in the bucket, and for the bucket itself."""
    ids = {RowId(bucket.name, BUCKET)}
    ids.update(RowId(bucket.name, KEY, key) for key in list(bucket.objects._store))
    for upload in list(bucket.multiparts.values()):
        ids.add(RowId(bucket.name, UPLOAD, upload.id))
        ids.update(RowId(bucket.name, PART, upload.id, part) for part in list(upload.parts))
    return ids


def restore_bucket(row: Row) -> S3Bucket:
    """Put an empty bucket with its settings into the model."""
    bucket, tags = pickle.loads(row.state)
    store = s3_stores[bucket.bucket_account_id][bucket.bucket_region]
    store.buckets[bucket.name] = bucket
    store.global_bucket_map[bucket.name] = bucket.bucket_account_id
    _restore_tags(bucket, tags)
    return bucket


def restore_key(bucket: S3Bucket, row: Row) -> list[Any]:
    """A key's versions, oldest first, their tags restored; they aren't in the bucket yet."""
    versions, tags = pickle.loads(row.state)
    _restore_tags(bucket, tags)
    return list(versions)


def put_versions(bucket: S3Bucket, key: str, versions: list[Any]) -> None:
    """Give the bucket a key's versions, which are as they were, `is_current` included."""
    if isinstance(bucket.objects, VersionedKeyStore):
        bucket.objects._store[key].update({each.version_id: each for each in versions})
    elif versions:
        bucket.objects.set(key, versions[-1])


def restore_upload(bucket: S3Bucket, row: Row) -> None:
    upload = pickle.loads(row.state)
    bucket.multiparts[upload.id] = upload


def restore_part(bucket: S3Bucket, row_id: RowId, row: Row) -> Any:
    """Give an upload its part back. Raises `KeyError` if there's no such upload."""
    part = pickle.loads(row.state)
    bucket.multiparts[row_id.name].parts[row_id.part] = part
    return part


def _bucket_row(bucket: S3Bucket) -> Row:
    bare = copy.copy(bucket)
    versioned = isinstance(bucket.objects, VersionedKeyStore)
    bare.objects = VersionedKeyStore() if versioned else KeyStore()
    bare.multiparts = {}
    return Row(_pickled((bare, _tags(bucket, [bucket.bucket_arn]))))


def _key_row(bucket: S3Bucket, key: str) -> Row | None:
    stored = bucket.objects._store.get(key)
    if not stored:
        return None
    # A copy: other requests go on adding versions meanwhile.
    versions = list(dict(stored).values()) if isinstance(stored, dict) else [stored]
    ids = [get_unique_key_id(bucket.name, key, each.version_id) for each in versions]
    return Row(_pickled((versions, _tags(bucket, ids))), _files(versions))


def _files(items: Iterable[Any]) -> tuple[str, ...]:
    return tuple(name for item in items if (name := getattr(item, FILE, None)))


def _pickled(state: object) -> bytes:
    return pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)


def _tags(bucket: S3Bucket, ids: list[str]) -> TagsByRegion:
    """LocalStack keeps tags by the bucket's region, or the request's: so all are asked."""
    found: TagsByRegion = {}
    for region, store in list(s3_stores[bucket.bucket_account_id].items()):
        for tagged in ids:
            if tags := store.tags.get_tags(tagged):
                found.setdefault(region, {})[tagged] = tags
    return found


def _restore_tags(bucket: S3Bucket, tags: TagsByRegion) -> None:
    for region, by_id in tags.items():
        for tagged, values in by_id.items():
            s3_stores[bucket.bucket_account_id][region].tags.update_tags(tagged, values)
