"""The history of this process: one file, one journal, one feed. None if it is switched off."""

import os
from collections.abc import Mapping
from functools import cache

from devenv.emulator.mapping.history.feed import Feed
from devenv.emulator.mapping.history.file import FILE_NAME, HistoryFile
from devenv.emulator.mapping.history.journal import Journal
from devenv.errors import BadInput

SETTING = "DEVENV_HISTORY_BATCHES"
USUAL = 10_000


def batches_kept(environ: Mapping[str, str]) -> int:
    """How many a mapping keeps; 0 is none. Raises BadInput."""
    text = environ.get(SETTING) or str(USUAL)
    if not (text.isascii() and text.isdecimal()) or int(text) > 10_000_000:
        raise BadInput(f"{SETTING}={text} is not a whole number from 0 (none) up.")
    return int(text)


@cache
def feed() -> Feed:
    from twisted.internet import reactor

    return Feed(reactor.callFromThread)


@cache
def journal() -> Journal | None:
    """Its file is beside the streams'."""
    from devenv.emulator.kinesis.provider import kinesis

    keep = batches_kept(os.environ)
    if not keep:
        return None
    store = kinesis().store
    file = HistoryFile(store.database.path.with_name(FILE_NAME), keep)
    file.forget_streams_but(store.stream_ids())
    return Journal(file, feed().publish)


def close() -> None:
    """Write what waits, if there was anything."""
    if journal.cache_info().currsize and (found := journal()):
        found.close()
