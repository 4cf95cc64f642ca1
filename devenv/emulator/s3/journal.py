"""What one S3 request has done to content files, noted while LocalStack's code carries it out.

LocalStack doesn't say which files an operation needs no more: an overwritten object is simply
forgotten. So every request notes what it wrote and what it dropped, and once its metadata is
committed, what no row refers to can go.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Journal:
    """One request's content files, and the keys that it wrote."""

    written: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    keys: set[tuple[str, str]] = field(default_factory=set)
    """(bucket, key) of each object that was opened for writing."""


_current: ContextVar[Journal | None] = ContextVar("s3_journal", default=None)


def current() -> Journal:
    """The running request's journal; one that nobody reads outside of a request."""
    return _current.get() or Journal()


@contextmanager
def recording() -> Iterator[Journal]:
    """Note what the body does in the journal that is yielded."""
    journal = Journal()
    token = _current.set(journal)
    try:
        yield journal
    finally:
        _current.reset(token)
