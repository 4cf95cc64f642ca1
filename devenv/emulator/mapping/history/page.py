"""The page `/_devenv/batches`: batches by filters, the newest first, page by page."""

from collections.abc import Mapping
from typing import Any

from devenv.emulator.mapping.history.filters import BadFilter, read_filters
from devenv.emulator.mapping.history.journal import Journal


def batches(journal: Journal | None, parameters: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and content. `next` is the filter `before` of the following page, if there may be
    one; `left_out` counts batches that were too many to be written down."""
    try:
        filters = read_filters(parameters)
    except BadFilter as error:
        return 400, {"message": str(error)}
    if journal is None:
        return 200, {"kept": False, "batches": [], "next": None, "left_out": 0}
    found = journal.find(filters)
    return 200, {
        "kept": True,
        "batches": [entry.shown() for entry in found],
        "next": found[-1].id if len(found) == filters.limit else None,
        "left_out": journal.left_out,
    }
